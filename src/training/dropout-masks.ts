import type { Random } from '../base/rng.ts';
import { allocate, type Tensor } from '../base/tensor.ts';

/**
 * Dropout masks, uint8, 1 with probability 1 - rate (to 16 bits), for the shapes that a network asks for.
 * @param shapes [N, ...]
 * @param streams one for all N samples together, or one for each
 */
export function drawMasks(
  shapes: ReadonlyMap<string, readonly number[]>,
  rate: number,
  streams: readonly Random[],
): Record<string, Tensor<'uint8'>> {
  const threshold = Math.round(rate * 2 ** 16);
  const masks = [...shapes].map(([name, shape]) => {
    const mask = allocate('uint8', shape);
    const length = mask.data.length / streams.length;
    for (const [i, stream] of streams.entries()) {
      draw(mask.data.subarray(i * length, (i + 1) * length), threshold, stream);
    }
    return [name, mask] as const;
  });
  return Object.fromEntries(masks);
}

/** Two elements share a number of the stream. */
function draw(data: Uint8Array, threshold: number, stream: Random): void {
  for (let i = 0; i < data.length; i += 2) {
    const bits = stream.uint32();
    data[i] = Number((bits & 0xffff) >= threshold);
    if (i + 1 < data.length) data[i + 1] = Number(bits >>> 16 >= threshold);
  }
}
