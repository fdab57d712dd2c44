/** The least and the greatest of the numbers that a tensor takes. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

/** How bytes from 0 to 255 stand for numbers: number = scale (byte - zeroPoint). `scale` is a float32. */
export interface Affine {
  readonly scale: number;
  readonly zeroPoint: number;
}

/**
 * The bytes that span a range. Zero always has a byte of its own: it is what pads maps and what rectified units give. Numbers
 * beyond the range become its ends.
 */
export function affineOf({ low, high }: Range): Affine {
  const bottom = Math.min(low, 0);
  const scale = Math.fround((Math.max(high, 0) - bottom) / 255) || 1;
  return { scale, zeroPoint: Math.round((0 - bottom) / scale) };
}
