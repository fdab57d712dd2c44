import { type DecodedPng, hasPngSignature } from 'fast-png';
import sharp from 'sharp';
import { FcnError, inputError, reasonOf } from '../../base/errors.ts';
import { bytesOf } from '../../base/tensor.ts';
import { decodeBmp, hasBmpSignature } from './bmp.ts';
import { decodeBoundedPng } from './bounded-png.ts';
import { decodeWithPalette } from './label-png.ts';

/** The pixels of a mask file as they are stored, before anybody says what they stand for. */
export interface StoredMask {
  readonly width: number;
  readonly height: number;
  /** One value a pixel, gray or palette index; or a color, [height, width, 3]. */
  readonly channels: 1 | 3;
  readonly data: Uint8Array;
  /** Colors of the indices: red, green, blue and more; undefined where values are gray. */
  readonly palette?: readonly (readonly number[])[] | undefined;
  /** The file's format does not keep values exactly (JPEG, WebP that is not lossless). */
  readonly isLossy: boolean;
}

/**
 * Reads a mask: PNG (palette, gray of at most 8 bits, RGB; alpha of colors does not count), BMP, or what sharp reads, TIFF,
 * WebP, GIF and JPEG among it. Values are never scaled; palettes of TIFF and GIF become colors.
 * @throws FcnError naming the file when it is damaged, has more than 8 bits a channel, or gray pixels are transparent
 */
export async function readStoredMask(bytes: Uint8Array, file: string): Promise<StoredMask> {
  if (hasPngSignature(bytes))
    return hasColorType(bytes, 2, 4, 6) ? decodeColors(bytes, file) : decodeIndices(bytes, file);
  try {
    if (hasBmpSignature(bytes)) return { ...decodeBmp(bytes), isLossy: false };
    return await decodeWithSharp(bytes, file);
  } catch (thrown) {
    if (thrown instanceof FcnError) throw thrown;
    throw inputError(
      `label ${file}: not a PNG file, nor a mask that can be read otherwise (${reasonOf(thrown)}), expected a palette or ` +
        'gray PNG whose pixel value is the class; replace the file',
      thrown,
    );
  }
}

function decodeIndices(bytes: Uint8Array, file: string): StoredMask {
  const { label, palette } = decodeWithPalette(bytes, file);
  return { ...label, channels: 1, palette, isLossy: false };
}

function decodeColors(bytes: Uint8Array, file: string): StoredMask {
  const { width, height, channels, depth, data } = decodePng(bytes, file);
  if (depth !== 8)
    throw inputError(`label ${file}: got ${depth} bits a channel, expected 8; save it as 8-bit PNG`);
  const mask = { width, height, isLossy: false } as const;
  const pixels = data as Uint8Array;
  if (channels > 2) return { ...mask, channels: 3, data: withoutAlpha(pixels, channels) };
  checkOpaque(pixels, 2, file);
  return { ...mask, channels: 1, data: pixels.filter((_, i) => i % 2 === 0) };
}

async function decodeWithSharp(bytes: Uint8Array, file: string): Promise<StoredMask> {
  const { format, depth } = await sharp(bytes).metadata();
  if (depth !== 'uchar') {
    throw inputError(
      `label ${file}: got pixels of type ${depth}, expected 8 bits a channel; save it as 8-bit PNG`,
    );
  }
  const { data, info } = await sharp(bytes, { failOn: 'warning', ignoreIcc: true })
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const pixels = bytesOf(data);
  const mask = { width, height, isLossy: format === 'jpeg' || (format === 'webp' && !isLosslessWebp(bytes)) };
  if (channels > 2) return { ...mask, channels: 3, data: withoutAlpha(pixels, channels) };
  if (channels === 2) checkOpaque(pixels, 2, file);
  return { ...mask, channels: 1, data: channels === 1 ? pixels : pixels.filter((_, i) => i % 2 === 0) };
}

function withoutAlpha(pixels: Uint8Array, channels: number): Uint8Array {
  if (channels === 3) return pixels;
  const colors = new Uint8Array((pixels.length / channels) * 3);
  for (let from = 0, to = 0; to < colors.length; from += channels, to += 3) {
    for (let c = 0; c < 3; c++) colors[to + c] = pixels[from + c]!;
  }
  return colors;
}

/** Whether transparent pixels are void or of the class of their gray value, nobody can know. */
function checkOpaque(pixels: Uint8Array, channels: number, file: string): void {
  if (pixels.every((value, i) => i % channels !== channels - 1 || value === 255)) return;
  throw inputError(
    `label ${file}: got gray pixels that are transparent, expected no transparency; save the mask as gray PNG without alpha`,
  );
}

/** The color type in the header chunk (PNG specification, 11.2.1): 2 RGB, 4 gray with alpha, 6 RGBA. */
function hasColorType(bytes: Uint8Array, ...types: number[]): boolean {
  return types.includes(bytes[25]!);
}

/** The fourth character of the first chunk (WebP container specification); in extended files, that chunk lies behind. */
function isLosslessWebp(bytes: Uint8Array): boolean {
  const text = Buffer.from(bytes.subarray(0, 4096)).toString('latin1');
  return text.startsWith('VP8L', 12) || (text.startsWith('VP8X', 12) && text.includes('VP8L'));
}

function decodePng(bytes: Uint8Array, file: string): DecodedPng {
  try {
    return decodeBoundedPng(bytes);
  } catch (thrown) {
    throw inputError(`label ${file}: damaged PNG (${reasonOf(thrown)}); replace the file`, thrown);
  }
}
