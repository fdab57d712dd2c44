import { inputError } from '../../base/errors.ts';

/**
 * Values of a mask of 16 or more bits, as bytes: many tools write small class numbers so. Nothing is scaled.
 * @param kind of pixels, for messages: `16-bit gray`
 * @param name what messages call the mask: `label a.png`
 * @throws FcnError naming the first value that is no whole number 0..255
 */
export function narrowValues(
  values: ArrayLike<number>,
  width: number,
  kind: string,
  name: string,
): Uint8Array {
  const bytes = Uint8Array.from(values);
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i] === values[i]) continue;
    throw inputError(
      `${name}: got ${kind} pixels with the value ${values[i]} at x ${i % width}, y ${Math.floor(i / width)}, expected ` +
        'class numbers 0..255 (255 is void); write class numbers into the mask',
    );
  }
  return bytes;
}
