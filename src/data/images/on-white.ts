/**
 * RGBA pixels as people see them on a white page: [..., 4] to [..., 3]. The one rule for transparent pixels wherever
 * images are read; their hidden colors, which any tool may have left there, do not count.
 */
export function onWhite(rgba: Uint8Array | Uint8ClampedArray): Uint8Array<ArrayBuffer> {
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3) {
    const alpha = rgba[from + 3]!;
    for (let c = 0; c < 3; c++) rgb[to + c] = blendWithWhite(rgba[from + c]!, alpha);
  }
  return rgb;
}

/** Rounded to the nearest of 0..255. Alpha 255 leaves the value, 0 gives white. */
export function blendWithWhite(value: number, alpha: number): number {
  return Math.floor((value * alpha + 255 * (255 - alpha) + 127) / 255);
}
