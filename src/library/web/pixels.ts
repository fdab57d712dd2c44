import { inputError } from '../../base/errors.ts';
import { checkPixelData } from '../../data/images/check-pixel-data.ts';
import type { RgbImage } from '../../data/images/image.ts';
import { onWhite } from '../../data/images/on-white.ts';

/** Pixels row by row, of 8 bits a channel: red, green, blue, or with alpha behind as a canvas's ImageData has them. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** [height, width, 3] or [height, width, 4] */
  readonly data: Uint8Array | Uint8ClampedArray;
}

/** The pixels on white where they are transparent. @throws FcnError when the data are not of the image's size. */
export function toRgb(image: Pixels): RgbImage {
  checkPixelData(image);
  const { width, height, data } = image;
  const pixels = width * height;
  if (data.length === pixels * 3) {
    return { width, height, data: new Uint8Array(data.buffer, data.byteOffset, data.length) };
  }
  if (data.length !== pixels * 4) {
    throw inputError(
      `image: got ${data.length} values for ${width}x${height} pixels, expected ${pixels * 3} (RGB) or ${pixels * 4} (RGBA)`,
    );
  }
  return { width, height, data: onWhite(data) };
}
