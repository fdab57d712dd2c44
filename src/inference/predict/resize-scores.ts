import { allocate, type Tensor } from '../../base/tensor.ts';

/**
 * Score maps at another size by bilinear interpolation, pixel centers aligned and borders repeated, with two taps an
 * axis whatever the factor: PyTorch's `interpolate(..., mode='bilinear', align_corners=False)`.
 * [1, C, h, w] to [1, C, height, width]
 */
export function resizeScores(scores: Tensor<'float32'>, height: number, width: number): Tensor<'float32'> {
  const [, classes, fromHeight, fromWidth] = scores.shape as [number, number, number, number];
  if (height === fromHeight && width === fromWidth) return scores;
  const resized = allocate('float32', [1, classes, height, width]);
  const rows = bilinearTaps(fromHeight, height);
  const columns = bilinearTaps(fromWidth, width);
  for (let c = 0; c < classes; c++) {
    const source = scores.data.subarray(c * fromHeight * fromWidth, (c + 1) * fromHeight * fromWidth);
    for (let y = 0; y < height; y++) {
      const upper = rows.first[y]! * fromWidth;
      const lower = rows.second[y]! * fromWidth;
      const down = rows.share[y]!;
      const target = (c * height + y) * width;
      for (let x = 0; x < width; x++) {
        const left = columns.first[x]!;
        const right = columns.second[x]!;
        const across = columns.share[x]!;
        const above = source[upper + left]! * (1 - across) + source[upper + right]! * across;
        const below = source[lower + left]! * (1 - across) + source[lower + right]! * across;
        resized.data[target + x] = above * (1 - down) + below * down;
      }
    }
  }
  return resized;
}

/** For each output position its two source positions and the share of the second. */
interface Taps {
  readonly first: Uint32Array;
  readonly second: Uint32Array;
  readonly share: Float64Array;
}

function bilinearTaps(from: number, to: number): Taps {
  const centers = Array.from({ length: to }, (_, i) => Math.max(0, ((i + 0.5) * from) / to - 0.5));
  const first = Uint32Array.from(centers, Math.floor);
  return {
    first,
    second: first.map((position) => Math.min(position + 1, from - 1)),
    share: Float64Array.from(centers, (center, i) => center - first[i]!),
  };
}
