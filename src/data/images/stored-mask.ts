import { hasPngSignature } from 'fast-png';
import type { DepthEnum } from 'sharp';
import { FcnError, inputError, reasonOf } from '../../base/errors.ts';
import { type Metadata, sharp } from '../../base/sharp.ts';
import { bytesOf } from '../../base/tensor.ts';
import { decodeBmp, hasBmpSignature } from './bmp.ts';
import { checkPixelsHeld } from './bounded-png.ts';
import { decodePng, decodeWithPalette } from './label-png.ts';
import { narrowValues } from './narrow-values.ts';
import { ownOrientation, turned } from './orientation.ts';
import { mistakenForImage } from './other-kinds.ts';
import { colorMap, withPalette } from './stored-palette.ts';
import { tiffTag } from './tiff-tags.ts';

/** The pixels of a mask file as they are stored, before anybody says what they stand for. */
export interface StoredMask {
  readonly width: number;
  readonly height: number;
  /** One value a pixel, gray or palette index; or a color, [height, width, 3]. */
  readonly channels: 1 | 3;
  readonly data: Uint8Array;
  /** Colors of the indices: red, green, blue and more; undefined where values are gray. */
  readonly palette?: readonly (readonly number[])[] | undefined;
  /** Gray of one bit: 0 for black and 1 for white, which others may call 255. */
  readonly isBits?: boolean;
  /** It was stored turned, as its own EXIF data say, and is upright now. */
  readonly isTurned?: boolean;
  /** The file's format does not keep values exactly (JPEG, WebP that is not lossless). */
  readonly isLossy: boolean;
}

/**
 * Reads a mask: PNG (palette, gray, RGB; alpha of colors does not count), BMP, or what sharp reads, TIFF,
 * WebP, GIF and JPEG among it. Values are never scaled. Gray values of more than 8 bits are read where all are at most 255.
 * A mask with an EXIF orientation of its own is turned upright.
 * @param name what messages call it: `label a.png`
 * @throws FcnError naming the file when it is damaged, has other values, or nobody can know what is transparent
 */
export async function readStoredMask(bytes: Uint8Array, name: string): Promise<StoredMask> {
  const mask = await decode(bytes, name);
  const orientation = await ownOrientation(bytes);
  return orientation === 1 ? mask : { ...mask, ...turned(mask, orientation), isTurned: true };
}

async function decode(bytes: Uint8Array, name: string): Promise<StoredMask> {
  if (hasPngSignature(bytes))
    return hasColorType(bytes, 2, 4, 6) ? decodeColors(bytes, name) : decodeIndices(bytes, name);
  try {
    if (hasBmpSignature(bytes)) return { ...decodeBmp(bytes), isLossy: false };
    return await decodeWithSharp(bytes, name);
  } catch (thrown) {
    if (thrown instanceof FcnError) throw thrown;
    const mistake = mistakenForImage(bytes);
    if (mistake) throw inputError(`${name}: got no image: ${mistake}`, thrown);
    throw inputError(
      `${name}: not a PNG file, nor another mask that can be read (${reasonOf(thrown).split('\n')[0]}), expected a palette or ` +
        'gray PNG whose pixel value is the class; replace the file',
      thrown,
    );
  }
}

function decodeIndices(bytes: Uint8Array, name: string): StoredMask {
  const { label, palette } = decodeWithPalette(bytes, name);
  return { ...label, channels: 1, palette, isBits: !palette && bytes[24] === 1, isLossy: false };
}

function decodeColors(bytes: Uint8Array, name: string): StoredMask {
  const { width, height, channels, depth, data } = decodePng(bytes, name);
  if (depth !== 8)
    throw inputError(`${name}: got ${depth} bits per channel, expected 8; save it as 8-bit PNG`);
  const mask = { width, height, isLossy: false } as const;
  const pixels = data as Uint8Array;
  if (channels > 2) return { ...mask, channels: 3, data: withoutAlpha(pixels, channels, width, name) };
  checkOpaque(pixels, 2, name);
  return { ...mask, channels: 1, data: pixels.filter((_, i) => i % 2 === 0) };
}

/** Gray pixels that sharp hands over as they are stored, with the color space that keeps them so; not signed 16 bits, which it clips. */
const wideTypes: Readonly<
  Record<string, { values: (buffer: ArrayBuffer) => ArrayLike<number>; space: string }>
> = {
  ushort: { values: (buffer) => new Uint16Array(buffer), space: 'grey16' },
  uint: { values: (buffer) => new Uint32Array(buffer), space: 'b-w' },
  int: { values: (buffer) => new Int32Array(buffer), space: 'b-w' },
  float: { values: (buffer) => new Float32Array(buffer), space: 'b-w' },
};

async function decodeWide(
  bytes: Uint8Array,
  depth: keyof DepthEnum,
  { values, space }: (typeof wideTypes)[string],
  name: string,
): Promise<StoredMask> {
  const { data, info } = await sharp(bytes, { failOn: 'warning', ignoreIcc: true })
    .toColourspace(space)
    .raw({ depth })
    .toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  const whole = values(Uint8Array.from(data).buffer);
  return { width, height, channels: 1, isLossy: false, data: narrowValues(whole, width, depth, name) };
}

async function decodeWithSharp(bytes: Uint8Array, name: string): Promise<StoredMask> {
  const metadata = await sharp(bytes).metadata();
  const { format, depth, channels: stored } = metadata;
  checkPixelsHeld(bytes, metadata);
  await checkOnePage(bytes, metadata, name);
  if (depth !== 'uchar') {
    const wide = wideTypes[depth];
    if (wide && stored === 1) return decodeWide(bytes, depth, wide, name);
    throw inputError(
      `${name}: got pixels of type ${depth}, expected 8 bits per channel; save it as 8-bit PNG`,
    );
  }
  const { data, info } = await sharp(bytes, { failOn: 'warning', ignoreIcc: true })
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const pixels = bytesOf(data);
  const mask = { width, height, isLossy: format === 'jpeg' || (format === 'webp' && !isLosslessWebp(bytes)) };
  const bits = bitsOfTiffGray(bytes) ?? 8;
  if (bits < 8) {
    // libvips makes 0..255 of fewer bits, and colors of gray.
    const step = 255 / (2 ** bits - 1);
    const values = Uint8Array.from({ length: width * height }, (_, i) => pixels[i * channels]! / step);
    return { ...mask, channels: 1, data: values, isBits: bits === 1 };
  }
  if (channels > 2) {
    const colors = withoutAlpha(pixels, channels, width, name);
    // What lies behind transparent pixels is not what the file has there.
    const isOpaque = channels === 3 || pixels.every((value, i) => i % channels !== 3 || value === 255);
    const indexed = isOpaque ? withPalette(bytes, colors) : undefined;
    return indexed ? { ...mask, channels: 1, ...indexed } : { ...mask, channels: 3, data: colors };
  }
  if (channels === 2) checkOpaque(pixels, 2, name);
  return { ...mask, channels: 1, data: channels === 1 ? pixels : pixels.filter((_, i) => i % 2 === 0) };
}

/** Programs put a class into each page, or several masks into one file; smaller pages are copies of the first (GeoTIFF). */
async function checkOnePage(bytes: Uint8Array, { pages = 1, width, height }: Metadata, name: string) {
  if (pages < 2) return;
  const second = await sharp(bytes, { page: 1 }).metadata();
  if (second.width !== width || second.height !== height) return;
  throw inputError(
    `${name}: got ${pages} pages or frames, expected a single one that tells all classes apart; save it as a PNG of its own`,
  );
}

function withoutAlpha(pixels: Uint8Array, channels: number, width: number, name: string): Uint8Array {
  if (channels === 3) return pixels;
  if (channels === 4) checkErased(pixels, width, name);
  const colors = new Uint8Array((pixels.length / channels) * 3);
  for (let from = 0, to = 0; to < colors.length; from += channels, to += 3) {
    for (let c = 0; c < 3; c++) colors[to + c] = pixels[from + c]!;
  }
  return colors;
}

/**
 * Transparent pixels have colors, too: those of classes where a tool writes so. Where opaque pixels have the same ones, they may
 * as well have been erased, and nobody can know.
 */
function checkErased(pixels: Uint8Array, width: number, name: string): void {
  const colorAt = (i: number) => (pixels[i]! << 16) | (pixels[i + 1]! << 8) | pixels[i + 2]!;
  const hidden = new Set<number>();
  for (let i = 0; i < pixels.length; i += 4) if (pixels[i + 3] === 0) hidden.add(colorAt(i));
  if (hidden.size === 0) return;
  for (let i = 0; i < pixels.length; i += 4) {
    if (pixels[i + 3] === 0 || !hidden.has(colorAt(i))) continue;
    throw inputError(
      `${name}: got the color ${pixels.subarray(i, i + 3).join(' ')} opaque (x ${(i / 4) % width}, y ` +
        `${Math.floor(i / 4 / width)}) and transparent, expected one or the other; if transparent pixels should be ignored, fill them with a ` +
        'separate color for void; otherwise save the mask without alpha',
    );
  }
}

/** Whether transparent pixels are void or of the class of their gray value, nobody can know. */
function checkOpaque(pixels: Uint8Array, channels: number, name: string): void {
  if (pixels.every((value, i) => i % channels !== channels - 1 || value === 255)) return;
  throw inputError(
    `${name}: got transparent gray pixels, expected no transparency; save the mask as gray PNG without alpha`,
  );
}

/** Tags of TIFF 6.0 (page 117): the width, which all files have, and the bits of a value, 1 where nothing is said. */
const [imageWidth, bitsPerSample] = [256, 258];

/** undefined for anything but a TIFF without a palette. */
function bitsOfTiffGray(bytes: Uint8Array): number | undefined {
  if (!tiffTag(bytes, imageWidth) || tiffTag(bytes, colorMap)) return undefined;
  return tiffTag(bytes, bitsPerSample)?.[0] ?? 1;
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
