import { ignoreLabel, type LabelImage } from '../../data/images/image.ts';

/** Width of a boundary as a share of the image's diagonal (Cheng et al. 2021, section 5.3). */
const shareOfDiagonal = 0.02;

/**
 * What Boundary IoU is made of (Cheng et al., "Boundary IoU", CVPR 2021, section 4): for each class the pixels of its boundary in
 * the truth, in the predictions and in both, over any number of images. The boundary of a class is what is left of its pixels
 * when those are taken out around which a square of 2 d + 1 pixels lies in the image and is all of that class; d is 2 % of
 * the diagonal, at least 1. (As in the authors' code, which erodes d times by 3x3.)
 *
 * The paper knows no void. Here a void pixel is none of any class, so that a class ends where void begins, and is not counted.
 */
export class BoundaryCounts {
  readonly truth: Float64Array;
  readonly predicted: Float64Array;
  readonly both: Float64Array;

  constructor(numClasses: number) {
    this.truth = new Float64Array(numClasses);
    this.predicted = new Float64Array(numClasses);
    this.both = new Float64Array(numClasses);
  }

  /** Counts one image. Truth and prediction are of one size and of classes that exist, as ConfusionMatrix checks. */
  add(truth: LabelImage, prediction: LabelImage): void {
    const distance = boundaryWidth(truth);
    const inTruth = boundaryOf(truth, distance);
    const inPrediction = boundaryOf(prediction, distance);
    const [ofTruth, ofPrediction] = [truth.data, prediction.data];
    for (let pixel = 0; pixel < inTruth.length; pixel++) {
      const isTrue = inTruth[pixel]!;
      const isPredicted = inPrediction[pixel]!;
      const i = ofTruth[pixel]!;
      if ((isTrue | isPredicted) === 0 || i === ignoreLabel) continue;
      const j = ofPrediction[pixel]!;
      this.truth[i]! += isTrue;
      this.predicted[j]! += isPredicted;
      if (i === j) this.both[i]! += isTrue & isPredicted;
    }
  }

  /** Adds what others have counted. */
  merge(other: BoundaryCounts): void {
    for (const name of ['truth', 'predicted', 'both'] as const) {
      for (let i = 0; i < this[name].length; i++) this[name][i]! += other[name][i]!;
    }
  }

  /** Of a class; null where it has no boundary, neither in the truth nor in the predictions. */
  iou(label: number): number | null {
    const both = this.both[label]!;
    const union = this.truth[label]! + this.predicted[label]! - both;
    return union > 0 ? both / union : null;
  }
}

/** The authors' code: `int(round(0.02 * diagonal))`, at least 1; Python rounds halves, which no diagonal gives, to even. */
function boundaryWidth({ width, height }: LabelImage): number {
  return Math.max(1, Math.round(shareOfDiagonal * Math.hypot(width, height)));
}

/** 1 where a square of 2 d + 1 pixels is not all of one label, or not all in the image; else 0. */
export function boundaryOf({ width, height, data }: LabelImage, distance: number): Uint8Array {
  const side = 2 * distance + 1;
  const mixed = 256; // of no label
  // Where the pixels at most d to the left and the right are of one label, that label.
  const alongRows = new Uint16Array(data.length).fill(mixed);
  for (let y = 0; y < height; y++) {
    let run = 0;
    for (let i = y * width; i < (y + 1) * width; i++) {
      run = run > 0 && data[i] === data[i - 1] ? run + 1 : 1;
      if (run >= side) alongRows[i - distance] = data[i]!;
    }
  }
  const boundary = new Uint8Array(data.length).fill(1);
  const runs = new Uint32Array(width); // of equal labels in each column, up to the row
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      const run = y > 0 && alongRows[i] === alongRows[i - width] ? runs[x]! + 1 : 1;
      runs[x] = run;
      if (run >= side && alongRows[i] !== mixed) boundary[i - distance * width] = 0;
    }
  }
  return boundary;
}
