import { expandRuns } from './bmp-runs.ts';
import type { RgbImage } from './image.ts';
import { blendWithWhite } from './on-white.ts';
import type { Color } from './palette.ts';

/** The pixels of a BMP file as they are stored: palette indices, or colors [height, width, 3]. */
export interface BmpImage {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly data: Uint8Array;
  /** Of each pixel, where the file says which of its bits are alpha. */
  readonly alpha?: Uint8Array;
  /** Of indices. */
  readonly palette: readonly Color[] | undefined;
}

export function hasBmpSignature(bytes: Uint8Array): boolean {
  return bytes[0] === 0x42 && bytes[1] === 0x4d;
}

/** Which bits of a pixel are red, green, blue and alpha. */
type Masks = readonly [red: number, green: number, blue: number, alpha: number];

interface Header {
  /** Where the pixels begin, and the palette. */
  readonly pixels: number;
  readonly palette: { readonly at: number; readonly bytes: 3 | 4; readonly count: number };
  readonly width: number;
  /** Negative where the highest row comes first. */
  readonly storedHeight: number;
  readonly depth: number;
  readonly compression: number;
  /** Of 16 and 32 bits a pixel. */
  readonly masks: Masks;
}

/** Values of `compression`: runs of indices of 8 or 4 bits; masks behind the header or in it, with or without alpha. */
const [runs8, runs4, bitFields, alphaBitFields] = [1, 2, 3, 6];

/**
 * Reads a BMP of 1, 4, 8, 16, 24 or 32 bits a pixel, also with runs (Windows SDK, BITMAPCOREHEADER to BITMAPV5HEADER).
 * @throws Error saying what is wrong with the file
 */
export function decodeBmp(bytes: Uint8Array): BmpImage {
  const header = readHeader(bytes);
  const { width, storedHeight, depth, compression, masks } = header;
  const height = Math.abs(storedHeight);
  const hasRuns = compression === runs8 || compression === runs4;
  const isKnown = [
    [1, 4, 8, 16, 24, 32].includes(depth) && compression === 0,
    [16, 32].includes(depth) && [bitFields, alphaBitFields].includes(compression),
    hasRuns && depth === (compression === runs8 ? 8 : 4),
  ];
  if (!isKnown.includes(true))
    throw new Error(
      `a BMP with ${depth} bits and compression ${compression} is not supported; save it as PNG`,
    );
  const rowBytes = Math.ceil((width * depth) / 32) * 4;
  if (width < 1 || height < 1) throw new Error(`its size is ${width}x${storedHeight}`);
  if (!hasRuns && header.pixels + rowBytes * height > bytes.length) throw new Error('it is truncated');

  const palette = depth > 8 ? undefined : readPalette(bytes, header);
  const rowAt = (y: number) => (storedHeight > 0 ? height - 1 - y : y);
  if (hasRuns) {
    const stored = expandRuns(bytes.subarray(header.pixels), { width, height, isOfNibbles: depth === 4 });
    const data = new Uint8Array(width * height);
    for (let y = 0; y < height; y++)
      data.set(stored.subarray(rowAt(y) * width, (rowAt(y) + 1) * width), y * width);
    return { width, height, channels: 1, data, palette };
  }
  const rows = (y: number) => bytes.subarray(header.pixels + rowBytes * rowAt(y));
  if (depth <= 8) return { width, height, channels: 1, data: indices(rows, header, height), palette };
  const colors = depth === 24 ? plainColors(rows, width, height) : maskedColors(rows, header, height, masks);
  return { width, height, channels: 3, ...colors, palette: undefined };
}

/** The pixels of a BMP file as colors, transparent ones on white. @throws as decodeBmp. */
export function decodeBmpColors(bytes: Uint8Array): RgbImage & { readonly isTransparent?: boolean } {
  const { width, height, data, palette, alpha } = decodeBmp(bytes);
  if (alpha?.some((value) => value < 255)) {
    const blended = data.map((value, i) => blendWithWhite(value, alpha[Math.floor(i / 3)]!));
    return { width, height, data: blended, isTransparent: true };
  }
  if (!palette) return { width, height, data };
  const colors = new Uint8Array(data.length * 3);
  for (const [i, index] of data.entries()) colors.set(palette[index] ?? [0, 0, 0], 3 * i);
  return { width, height, data: colors };
}

function readHeader(bytes: Uint8Array): Header {
  if (!hasBmpSignature(bytes) || bytes.length < 54)
    throw new Error('it is not a BMP file, or it is truncated');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [pixels, size] = [view.getUint32(10, true), view.getUint32(14, true)];
  if (size === 12) {
    const depth = view.getUint16(24, true);
    const palette = { at: 26, bytes: 3, count: depth > 8 ? 0 : 1 << depth } as const;
    const [width, storedHeight] = [view.getUint16(18, true), view.getUint16(20, true)];
    return { pixels, palette, width, storedHeight, depth, compression: 0, masks: [0, 0, 0, 0] };
  }
  const [depth, compression] = [view.getUint16(28, true), view.getUint32(30, true)];
  if (size < 40) throw new Error(`a BMP with a header of ${size} bytes is not supported; save it as PNG`);
  const hasMasks = compression === bitFields || compression === alphaBitFields;
  const hasAlpha = compression === alphaBitFields || (hasMasks && size >= 56);
  if (hasMasks && bytes.length < 70) throw new Error('it is truncated');
  const usual: Masks = depth === 16 ? [0x7c00, 0x3e0, 0x1f, 0] : [0xff0000, 0xff00, 0xff, 0];
  const maskAt = (at: number) => view.getUint32(at, true);
  const count = depth > 8 ? 0 : Math.min(view.getUint32(46, true) || 1 << depth, 256);
  return {
    pixels,
    palette: { at: 14 + size, bytes: 4, count },
    width: view.getInt32(18, true),
    storedHeight: view.getInt32(22, true),
    depth,
    compression,
    masks: hasMasks ? [maskAt(54), maskAt(58), maskAt(62), hasAlpha ? maskAt(66) : 0] : usual,
  };
}

function readPalette(bytes: Uint8Array, { palette }: Header): Color[] {
  return Array.from({ length: palette.count }, (_, i): Color => {
    const at = palette.at + palette.bytes * i;
    return [bytes[at + 2]!, bytes[at + 1]!, bytes[at]!];
  });
}

type Rows = (y: number) => Uint8Array;

function indices(rows: Rows, { width, depth }: Header, height: number): Uint8Array {
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const row = rows(y);
    for (let x = 0; x < width; x++) {
      const bit = x * depth;
      data[y * width + x] = (row[bit >> 3]! >> (8 - depth - (bit & 7))) & ((1 << depth) - 1);
    }
  }
  return data;
}

/** Blue, green, red of 8 bits each. */
function plainColors(rows: Rows, width: number, height: number): { data: Uint8Array } {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const row = rows(y);
    for (let i = 0; i < 3 * width; i += 3) {
      for (let c = 0; c < 3; c++) data[3 * y * width + i + c] = row[i + 2 - c]!;
    }
  }
  return { data };
}

function maskedColors(
  rows: Rows,
  { width, depth }: Header,
  height: number,
  masks: Masks,
): { data: Uint8Array; alpha?: Uint8Array } {
  const shifts = masks.map((mask) => (mask === 0 ? 0 : 31 - Math.clz32(mask & -mask)));
  const greatest = masks.map((mask, c) => mask >>> shifts[c]!);
  const channelOf = (pixel: number, c: number) =>
    greatest[c] === 0 ? 0 : Math.floor((((pixel & masks[c]!) >>> shifts[c]!) * 255) / greatest[c]!);
  const data = new Uint8Array(width * height * 3);
  const alpha = masks[3] === 0 ? undefined : new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const row = rows(y);
    const view = new DataView(row.buffer, row.byteOffset);
    for (let x = 0; x < width; x++) {
      const pixel = depth === 16 ? view.getUint16(2 * x, true) : view.getUint32(4 * x, true);
      for (let c = 0; c < 3; c++) data[3 * (y * width + x) + c] = channelOf(pixel, c);
      if (alpha) alpha[y * width + x] = channelOf(pixel, 3);
    }
  }
  // Programs that know no alpha leave it at 0.
  return { data, ...(alpha?.some((value) => value > 0) && { alpha }) };
}
