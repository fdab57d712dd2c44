import { FcnError } from '../../base/errors.ts';
import type { Tensor } from '../../base/tensor.ts';
import type { LabelImage } from '../../data/images/image.ts';

/** The network's scores are no numbers: its weights are useless. */
export class NotANumberError extends FcnError {
  readonly #place: readonly [classNumber: number, x: number, y: number, score: number];

  constructor(classNumber: number, x: number, y: number, score = Number.NaN) {
    super(
      `scores: got ${score} for class ${classNumber} at x ${x}, y ${y}, expected a number; the weights are damaged, or their ` +
        'training diverged',
      2,
    );
    this.#place = [classNumber, x, y, score];
  }

  /** The same, of an image that is part of another. @param origin where it begins there */
  within(origin: Origin): NotANumberError {
    const [classNumber, x, y, score] = this.#place;
    return new NotANumberError(classNumber, origin.x + x, origin.y + y, score);
  }
}

export interface Origin {
  readonly x: number;
  readonly y: number;
}

/**
 * The class of highest score at each pixel; of equal scores the lowest class.
 * @param scores [1, C, H, W] with at most 255 classes
 * @throws NotANumberError for a score that is not a number, or where the best scores of all pixels are infinite.
 */
export function argmax({ data, shape }: Tensor<'float32'>): LabelImage {
  const [, classes, height, width] = shape as [number, number, number, number];
  const pixels = height * width;
  // Plane by plane, as the scores lie in memory.
  const best = new Float32Array(pixels).fill(Number.NEGATIVE_INFINITY);
  const labels = new Uint8Array(pixels);
  for (let c = 0; c < classes; c++) {
    const plane = data.subarray(c * pixels, (c + 1) * pixels);
    for (let i = 0; i < pixels; i++) {
      const score = plane[i]!;
      if (score > best[i]!) {
        best[i] = score;
        labels[i] = c;
      } else if (Number.isNaN(score)) {
        throw new NotANumberError(c, i % width, Math.floor(i / width));
      }
    }
  }
  if (pixels > 0 && best.every((score) => score === Number.POSITIVE_INFINITY)) {
    throw new NotANumberError(labels[0]!, 0, 0, Number.POSITIVE_INFINITY);
  }
  return { width, height, data: labels };
}
