import { hasPngSignature } from 'fast-png';
import { inputError, reasonOf } from '../../../base/errors.ts';
import { decodeBoundedPng } from '../../images/bounded-png.ts';
import { decodeImage } from '../../images/decode.ts';
import type { LabelImage, RgbImage } from '../../images/image.ts';
import { decodeLabelPng } from '../../images/label-png.ts';

/** The bytes of base64 text. @throws FcnError beginning with `what` when it is none */
export function decodeBase64(text: string, what: string): Uint8Array {
  const bare = text.replace(/^data:[\w/+.-]*;base64,/, '').replace(/\s+/g, '');
  if (bare === '' || !/^[A-Za-z0-9+/_-]*={0,2}$/.test(bare)) {
    throw inputError(`${what}: got text that is not base64, expected an image in base64`);
  }
  return Buffer.from(bare, 'base64');
}

/** The pixels of an image in base64, as they are stored. */
export async function decodeBase64Image(text: string, what: string): Promise<RgbImage> {
  return decodeImage(decodeBase64(text, what), what);
}

/**
 * A PNG that says which pixels belong to an object: not 0 where it is gray or has a palette, not transparent where it
 * is RGBA.
 * @throws FcnError beginning with `label` and the place
 */
export function decodeObjectPng(bytes: Uint8Array, place: string): LabelImage {
  if (!hasPngSignature(bytes) || bytes[25] !== 6) return decodeLabelPng(bytes, place);
  try {
    const { width, height, channels, data } = decodeBoundedPng(bytes);
    const alpha = new Uint8Array(width * height);
    for (let i = 0; i < alpha.length; i++) alpha[i] = data[i * channels + 3] === 0 ? 0 : 1;
    return { width, height, data: alpha };
  } catch (thrown) {
    throw inputError(`label ${place}: damaged PNG (${reasonOf(thrown)})`, thrown);
  }
}
