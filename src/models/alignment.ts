import type { Layer } from './layers.ts';

/**
 * Where the pixels of a feature map lie in the image: index i is centered on image coordinate stride * i + origin.
 * Skips and the final crop are aligned by these (the coordinate maps of the reference implementation, coord_map.py).
 */
export interface Alignment {
  readonly stride: number;
  readonly origin: number;
}

export const imageAlignment: Alignment = { stride: 1, origin: 0 };

/** The alignment of a layer's result from that of its input. */
export function alignmentAfter(layer: Layer, { stride, origin }: Alignment): Alignment {
  switch (layer.kind) {
    case 'convolution':
      return { stride, origin: origin + stride * ((layer.kernel - 1) / 2 - layer.pad) };
    case 'pooling':
      return { stride: stride * 2, origin: origin + stride / 2 };
    case 'dropout':
      return { stride, origin };
  }
}

/** The alignment of a deconvolution's result: the inverse of a convolution with the same kernel and stride. */
export function alignmentAfterDeconvolution(
  kernel: number,
  factor: number,
  { stride, origin }: Alignment,
): Alignment {
  const finer = stride / factor;
  return { stride: finer, origin: origin - (finer * (kernel - 1)) / 2 };
}

/** The offset at which `map` must be cropped so that its first pixel lies on the first pixel of `reference`. */
export function cropOffset(map: Alignment, reference: Alignment): number {
  const offset = (reference.origin - map.origin) / map.stride;
  if (map.stride !== reference.stride || !Number.isInteger(offset) || offset < 0) {
    throw new Error(`cropOffset: cannot align ${JSON.stringify(map)} with ${JSON.stringify(reference)}`);
  }
  return offset;
}
