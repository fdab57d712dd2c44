/**
 * Where the pixels of a feature map lie in the image: index i is centered on image coordinate stride * i + origin.
 * Skips and the final crop are aligned by these (the coordinate maps of the reference implementation, coord_map.py).
 */
export interface Alignment {
  readonly stride: number;
  readonly origin: number;
}

export const imageAlignment: Alignment = { stride: 1, origin: 0 };

/** The alignment of what a window makes, a convolution's or a pooling's, from that of the map it moves over. */
export function alignmentAfterWindow(
  { kernel, stride, padBefore = 0 }: { kernel: number; stride: number; padBefore?: number },
  at: Alignment,
): Alignment {
  return { stride: at.stride * stride, origin: at.origin + at.stride * ((kernel - 1) / 2 - padBefore) };
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

/** The alignment of a map that was extended by `before` pixels above and to the left. */
export function alignmentOfExtended({ stride, origin }: Alignment, before: number): Alignment {
  return { stride, origin: origin - stride * before };
}

/**
 * The kernel of a bilinear deconvolution by a factor f whose pixels fall on those of `reference`: 2f (surgery.py), or
 * 2f - 1, which interpolates between the same neighbors but has a pixel in its middle (FCN-AlexNet: 63 for 32).
 */
export function deconvolutionKernel(factor: number, at: Alignment, reference: Alignment): number {
  const kernels = [2 * factor, 2 * factor - 1];
  const kernel = kernels.find((size) =>
    Number.isInteger(offsetOf(alignmentAfterDeconvolution(size, factor, at), reference)),
  );
  if (kernel === undefined) throw cannotAlign(at, reference);
  return kernel;
}

/** The index in `map` of the first pixel of `reference`: below 0 where `map` starts later. */
export function cropOffset(map: Alignment, reference: Alignment): number {
  const offset = offsetOf(map, reference);
  if (map.stride !== reference.stride || !Number.isInteger(offset)) throw cannotAlign(map, reference);
  return offset;
}

function offsetOf(map: Alignment, reference: Alignment): number {
  return (reference.origin - map.origin) / map.stride;
}

function cannotAlign(map: Alignment, reference: Alignment): Error {
  return new Error(`cannot align ${JSON.stringify(map)} with ${JSON.stringify(reference)}`);
}
