/** As many candidates, or fewer, are compared pixel by pixel at once. */
const fewCandidates = 2;

/** Scores that differ by more than this share of them, and more than the steps of the smallest ones, stay apart in float32. */
const rounding = 2 ** -22;
const smallestSteps = 2 ** -147;

/**
 * The scores of some candidates on one row of pixels of a cell, between four entries. A score is linear there. So of the two
 * candidates that are the highest at both ends, one is the highest of both up to where they cross, and the other one from there; a
 * third candidate that is below them at both ends and there is below them at each pixel.
 */
export class RowOfCell {
  /** Of each candidate that is left: its score where the row begins, what it grows by up to the end, and its index. */
  readonly #lefts: Float64Array;
  readonly #steps: Float64Array;
  readonly #indices: Uint8Array;
  #count = 0;

  /** @param most candidates of a cell */
  constructor(most: number) {
    this.#lefts = new Float64Array(most);
    this.#steps = new Float64Array(most);
    this.#indices = new Uint8Array(most);
  }

  /**
   * Goes to a row, and leaves out candidates that are the highest at no pixel of it.
   * @param corners of each candidate its four scores: above, left first, then below
   * @param down the share that the lower ones have
   */
  take(corners: Float64Array, count: number, down: number): void {
    const lefts = this.#lefts;
    const steps = this.#steps;
    const indices = this.#indices;
    let first = 0; // the highest where the row begins
    let last = 0; // and where it ends
    for (let i = 0; i < count; i++) {
      const above = 4 * i;
      const left = corners[above]! + (corners[above + 2]! - corners[above]!) * down;
      const right = corners[above + 1]! + (corners[above + 3]! - corners[above + 1]!) * down;
      lefts[i] = left;
      steps[i] = right - left;
      indices[i] = i;
      if (left > lefts[first]!) first = i;
      if (right > lefts[last]! + steps[last]!) last = i;
    }
    this.#count = count;
    if (count > fewCandidates) this.#leaveOut(first, last);
  }

  #leaveOut(first: number, last: number): void {
    const lefts = this.#lefts;
    const steps = this.#steps;
    const indices = this.#indices;
    const highestLeft = lefts[first]!;
    const highestRight = lefts[last]! + steps[last]!;
    const growth = steps[last]! - steps[first]!;
    const crossing = growth === 0 ? 0 : (highestLeft - lefts[last]!) / growth;
    const there = highestLeft + steps[first]! * crossing;
    const sizes = Math.abs(highestLeft) + Math.abs(highestRight) + Math.abs(there);
    const margin = rounding * sizes + smallestSteps;
    const leastLeft = highestLeft - margin;
    const leastRight = highestRight - margin;
    const leastThere = there - margin;
    let count = 0;
    for (let i = 0; i < this.#count; i++) {
      const left = lefts[i]!;
      const step = steps[i]!;
      if (left < leastLeft && left + step < leastRight && left + step * crossing < leastThere) continue;
      lefts[count] = left;
      steps[count] = step;
      indices[count++] = i;
    }
    this.#count = count;
  }

  /**
   * Writes the class of the highest score at each pixel, of equal ones the lowest, computed as enlarge-scores.ts computes scores.
   * @param at of the first pixel in `labels`
   * @param shares of the entries on the right, for each pixel
   * @param classes of the candidates, from the lowest on
   */
  write(labels: Uint8Array, at: number, shares: Float64Array, classes: Uint8Array): void {
    const lefts = this.#lefts;
    const steps = this.#steps;
    const indices = this.#indices;
    const left = lefts[0]!;
    const step = steps[0]!;
    const lowest = classes[indices[0]!]!;
    if (this.#count === 2) {
      // Without a branch, which the processor would often predict wrongly.
      const otherLeft = lefts[1]!;
      const otherStep = steps[1]!;
      const difference = classes[indices[1]!]! - lowest;
      for (let x = 0; x < shares.length; x++) {
        const across = shares[x]!;
        const isOther = Math.fround(otherLeft + otherStep * across) > Math.fround(left + step * across);
        labels[at + x] = lowest + difference * +isOther;
      }
      return;
    }
    for (let x = 0; x < shares.length; x++) {
      const across = shares[x]!;
      let highest = Math.fround(left + step * across);
      let best = 0;
      for (let i = 1; i < this.#count; i++) {
        const score = Math.fround(lefts[i]! + steps[i]! * across);
        if (score > highest) {
          highest = score;
          best = i;
        }
      }
      labels[at + x] = classes[indices[best]!]!;
    }
  }
}
