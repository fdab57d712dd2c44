import { inputError } from '../../base/errors.ts';
import { ignoreLabel } from '../../data/images/image.ts';

/**
 * Counts n_ij, the pixels of class i that were predicted as class j, over any number of images. Counts are float64:
 * exact up to 2^53 pixels, and ready to be summed over processes in place.
 */
export class ConfusionMatrix {
  readonly numClasses: number;
  /** [true class, predicted class], row by row. */
  readonly counts: Float64Array;
  /** Number of label maps that were added. */
  images = 0;

  constructor(numClasses: number) {
    this.numClasses = numClasses;
    this.counts = new Float64Array(numClasses * numClasses);
  }

  /**
   * Counts one image. Pixels whose truth is `ignoreLabel` are left out, whatever was predicted there.
   *
   * A prediction must commit itself: elsewhere, a value that is no class (255 included) is an error, as in PASCAL VOC's
   * own VOCevalseg.m ("has out of range value"), which is stricter and also looks at ignored pixels.
   * @throws FcnError when the sizes differ or a value is no class.
   */
  add(truth: Uint8Array, prediction: Uint8Array): void {
    const { numClasses, counts } = this;
    if (truth.length !== prediction.length) {
      throw inputError(
        `prediction: got ${prediction.length} pixels, expected ${truth.length} as in the truth`,
      );
    }
    for (let pixel = 0; pixel < truth.length; pixel++) {
      const i = truth[pixel]!;
      if (i === ignoreLabel) continue;
      const j = prediction[pixel]!;
      if (i >= numClasses) throw noClass('truth', i, pixel, numClasses);
      if (j >= numClasses) throw noClass('prediction', j, pixel, numClasses);
      counts[i * numClasses + j]! += 1;
    }
    this.images += 1;
  }

  /** Adds what another matrix of the same classes has counted. */
  merge(other: ConfusionMatrix): void {
    if (other.numClasses !== this.numClasses) {
      throw new RangeError(`merge: got ${other.numClasses} classes, expected ${this.numClasses}`);
    }
    for (let i = 0; i < this.counts.length; i++) this.counts[i]! += other.counts[i]!;
    this.images += other.images;
  }
}

function noClass(what: string, value: number, pixel: number, numClasses: number): Error {
  return inputError(
    `${what}: got value ${value} at pixel ${pixel} (row by row from 0), expected a class from 0 to ${numClasses - 1}` +
      (value === 255 ? '; if 255 stands for a class, write its number' : ''),
  );
}
