/**
 * Finds classes between two rows of entries, as src/inference/predict/interpolated-classes.ts says. A row of entries in memory is
 * a line of float32 for each class, followed by a line of int32: the class of the highest score at each entry. Lines begin `pitch`
 * bytes after one another. Scores are computed in float64 and rounded to float32, as enlarge-scores.ts does it.
 */

/** What is kept of a class that may be the highest between four entries: its number, its scores there, and those of a row of pixels. */
const ofCandidate: usize = 48;
const cornersAt: usize = 16; // float32: above on the left and right, below on the left and right
const leftAt: usize = 32; // float64: on the left of the row
const stepAt: usize = 40; // float64: what it grows by up to the right

/** Writes the line of a row of entries that has the classes, of equal scores the lowest one. */
export function highestOfEntries(row: usize, classes: usize, pitch: usize): void {
  for (let column: usize = 0; column < pitch; column += 16) {
    let at = row + column;
    let most = v128.load(at);
    let highest = i32x4.splat(0);
    for (let c: usize = 1; c < classes; c++) {
      at += pitch;
      const scores = v128.load(at);
      const isHigher = f32x4.gt(scores, most);
      most = v128.bitselect(scores, most, isHigher);
      highest = v128.bitselect(i32x4.splat(<i32>c), highest, isHigher);
    }
    v128.store(at + pitch, highest);
  }
}

/**
 * Writes the class of each pixel between two rows of entries, of equal scores the lowest one.
 * @param upper, lower rows of entries
 * @param columns for each cell of pixels three int32: the entry on its left, its first pixel, and how many there are
 * @param across float64 for each column of pixels, and 7 more: the share of the entries on the right
 * @param down float64 for each row of pixels: the share of the lower entries
 * @param candidates room for 48 bytes for each class
 * @param labels a byte for each pixel; lines of `width` and 7 more
 */
export function classesOfRow(
  upper: usize,
  lower: usize,
  classes: usize,
  pitch: usize,
  columns: usize,
  cells: usize,
  across: usize,
  down: usize,
  rows: usize,
  candidates: usize,
  labels: usize,
  width: usize,
): void {
  const end = columns + 12 * cells;
  for (let cell = columns; cell < end; cell += 12) {
    const entry = <usize>load<u32>(cell) * 4;
    const first = <usize>load<u32>(cell, 4);
    const pixels = <usize>load<u32>(cell, 8);
    const last = findCandidates(upper + entry, lower + entry, classes, pitch, candidates);
    for (let y: usize = 0; y < rows; y++) {
      const line = labels + y * (width + 7) + first;
      if (last === candidates) fill(line, pixels, load<u8>(candidates));
      else compare(candidates, last, load<f64>(down + 8 * y), across + 8 * first, pixels, line);
    }
  }
}

/** @returns where the last of the candidates stands, from the lowest class on; one stands there at least */
function findCandidates(upper: usize, lower: usize, classes: usize, pitch: usize, candidates: usize): usize {
  const aboveLeft = <usize>load<u32>(upper + classes * pitch);
  const aboveRight = <usize>load<u32>(upper + classes * pitch, 4);
  const belowLeft = <usize>load<u32>(lower + classes * pitch);
  const belowRight = <usize>load<u32>(lower + classes * pitch, 4);
  let best = aboveLeft;
  if (aboveRight === best && belowLeft === best && belowRight === best) {
    store<u32>(candidates, <u32>best);
    return candidates;
  }
  best = better(best, aboveRight, upper, lower, pitch);
  best = better(best, belowLeft, upper, lower, pitch);
  best = better(best, belowRight, upper, lower, pitch);
  const ofBest = cornersOf(best, upper, lower, pitch);
  let next = candidates;
  for (let c: usize = 0; c < classes; c++) {
    const corners = cornersOf(c, upper, lower, pitch);
    // Of equal scores the lowest class counts.
    const isAsHigh = c <= best ? f32x4.ge(corners, ofBest) : f32x4.gt(corners, ofBest);
    if (!v128.any_true(isAsHigh)) continue;
    store<u32>(next, <u32>c);
    v128.store(next, corners, cornersAt);
    next += ofCandidate;
  }
  return next - ofCandidate;
}

/** The scores of a class at four entries: above on the left and right, below on the left and right. */
function cornersOf(c: usize, upper: usize, lower: usize, pitch: usize): v128 {
  return v128.load64_lane(lower + c * pitch, v128.load64_zero(upper + c * pitch), 1);
}

/** Of two classes that with the larger sum of scores, the first one of equal ones. */
function better(a: usize, b: usize, upper: usize, lower: usize, pitch: usize): usize {
  if (a === b) return a;
  return sumOf(cornersOf(b, upper, lower, pitch)) > sumOf(cornersOf(a, upper, lower, pitch)) ? b : a;
}

function sumOf(corners: v128): f64 {
  const pairs = f64x2.add(
    f64x2.promote_low_f32x4(corners),
    f64x2.promote_low_f32x4(i64x2.shuffle(corners, corners, 1, 1)),
  );
  return f64x2.extract_lane(pairs, 0) + f64x2.extract_lane(pairs, 1);
}

/** Writes 8 pixels at a time, up to 7 too many, which the next cell writes again. */
function fill(labels: usize, pixels: usize, c: u8): void {
  const same = i8x16.splat(c);
  for (let x: usize = 0; x < pixels; x += 8) v128.store64_lane(labels + x, same, 0);
}

/** Compares all candidates at the pixels of one row, 8 at a time as `fill` does. A score is linear there. */
function compare(first: usize, last: usize, down: f64, across: usize, pixels: usize, labels: usize): void {
  for (let candidate = first; candidate <= last; candidate += ofCandidate) {
    const corners = v128.load(candidate, cornersAt);
    const above = f64x2.promote_low_f32x4(corners);
    const below = f64x2.promote_low_f32x4(i64x2.shuffle(corners, corners, 1, 1));
    const ends = f64x2.add(above, f64x2.mul(f64x2.sub(below, above), f64x2.splat(down)));
    const left = f64x2.extract_lane(ends, 0);
    store<f64>(candidate, left, leftAt);
    store<f64>(candidate, f64x2.extract_lane(ends, 1) - left, stepAt);
  }
  for (let x: usize = 0; x < pixels; x += 8) {
    let most = f32x4.splat(-Infinity);
    let mostNext = most;
    let highest = i32x4.splat(0);
    let highestNext = highest;
    for (let candidate = first; candidate <= last; candidate += ofCandidate) {
      const c = v128.load32_splat(candidate);
      const left = v128.load64_splat(candidate, leftAt);
      const step = v128.load64_splat(candidate, stepAt);
      const scores = fourScores(left, step, across + 8 * x);
      const scoresNext = fourScores(left, step, across + 8 * x + 32);
      const isHigher = f32x4.gt(scores, most);
      const isHigherNext = f32x4.gt(scoresNext, mostNext);
      most = v128.bitselect(scores, most, isHigher);
      mostNext = v128.bitselect(scoresNext, mostNext, isHigherNext);
      highest = v128.bitselect(c, highest, isHigher);
      highestNext = v128.bitselect(c, highestNext, isHigherNext);
    }
    const words = i16x8.narrow_i32x4_u(highest, highestNext);
    v128.store64_lane(labels + x, i8x16.narrow_i16x8_u(words, words), 0);
  }
}

/** float32 at four pixels of a row. */
function fourScores(left: v128, step: v128, across: usize): v128 {
  const two = f32x4.demote_f64x2_zero(f64x2.add(left, f64x2.mul(step, v128.load(across))));
  const nextTwo = f32x4.demote_f64x2_zero(f64x2.add(left, f64x2.mul(step, v128.load(across, 16))));
  return i64x2.shuffle(two, nextTwo, 0, 2);
}
