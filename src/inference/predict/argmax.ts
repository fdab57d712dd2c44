import { FcnError } from '../../base/errors.ts';
import type { Tensor } from '../../base/tensor.ts';
import type { LabelImage } from '../../data/images/image.ts';

/** The network's scores are no numbers: its weights are useless. */
export class NotANumberError extends FcnError {
  constructor(classNumber: number, x: number, y: number, score = Number.NaN) {
    super(
      `scores: got ${score} for class ${classNumber} at x ${x}, y ${y}, expected a number; the weights are damaged, or their ` +
        'training diverged',
      2,
    );
  }
}

/**
 * The class of highest score at each pixel; of equal scores the lowest class.
 * @param scores [1, C, H, W] with at most 255 classes
 * @param origin where they begin in the image, for messages
 * @throws NotANumberError for a score that is not a number, or where the best scores of all pixels are infinite.
 */
export function argmax({ data, shape }: Tensor<'float32'>, origin = { x: 0, y: 0 }): LabelImage {
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
        throw new NotANumberError(c, origin.x + (i % width), origin.y + Math.floor(i / width));
      }
    }
  }
  if (pixels > 0 && best.every((score) => score === Number.POSITIVE_INFINITY)) {
    throw new NotANumberError(labels[0]!, origin.x, origin.y, Number.POSITIVE_INFINITY);
  }
  return { width, height, data: labels };
}
