import { inputError } from '../../base/errors.ts';
import type { Image } from './image.ts';

/**
 * Looks at an image that a program gives, whose types JavaScript does not check.
 * @param what messages call it
 * @throws FcnError where it has no size, or not the values of as many channels for each pixel
 */
export function checkPixelData(image: unknown, what = 'image'): asserts image is Image {
  const { width, height, data } = (image ?? {}) as { [Key in keyof Image]: unknown };
  if (!isOfBytes(data)) {
    throw inputError(
      `${what}: got ${kindOf(image, data)}, expected { width, height, data } with the values of all pixels in a Uint8Array or Uint16Array`,
    );
  }
  if (!isSide(width) || !isSide(height)) {
    throw inputError(`${what}: got ${width}x${height} pixels, expected a width and a height of at least 1`);
  }
  const pixels = width * height;
  if (data.length > 0 && data.length % pixels === 0) return;
  throw inputError(
    `${what}: got ${data.length} values for ${width}x${height} pixels, expected as many for each pixel, ${3 * pixels} for RGB`,
  );
}

function isOfBytes(data: unknown): data is Uint8Array | Uint16Array {
  return (
    ArrayBuffer.isView(data) && 'length' in data && [1, 2].includes((data as Uint8Array).BYTES_PER_ELEMENT)
  );
}

function isSide(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0;
}

function kindOf(image: unknown, data: unknown): string {
  if (image === null || typeof image !== 'object') return image === undefined ? 'nothing' : String(image);
  return data === undefined ? 'an object without data' : 'data of another kind';
}
