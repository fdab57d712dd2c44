import type { RgbImage } from './image.ts';
import type { Color } from './palette.ts';

/** The pixels of a BMP file as they are stored: palette indices, or colors [height, width, 3]. */
export interface BmpImage {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly data: Uint8Array;
  /** Of indices. */
  readonly palette: readonly Color[] | undefined;
}

export function hasBmpSignature(bytes: Uint8Array): boolean {
  return bytes[0] === 0x42 && bytes[1] === 0x4d;
}

/**
 * Reads an uncompressed BMP of 1, 4, 8, 24 or 32 bits a pixel (Windows SDK, BITMAPINFOHEADER and later), alpha dropped.
 * @throws Error saying what is wrong with the file
 */
export function decodeBmp(bytes: Uint8Array): BmpImage {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!hasBmpSignature(bytes) || bytes.length < 54)
    throw new Error('it is not a BMP file, or it is truncated');
  const pixels = view.getUint32(10, true);
  const headerSize = view.getUint32(14, true);
  const width = view.getInt32(18, true);
  const storedHeight = view.getInt32(22, true);
  const depth = view.getUint16(28, true);
  const compression = view.getUint32(30, true);
  const hasUsualMasks = compression === 3 && depth === 32 && view.getUint32(54, true) === 0xff0000;
  if (headerSize < 40 || ![1, 4, 8, 24, 32].includes(depth) || (compression !== 0 && !hasUsualMasks)) {
    throw new Error(
      `a BMP with ${depth} bits and compression ${compression} is not supported; save it as PNG`,
    );
  }
  const height = Math.abs(storedHeight);
  const rowBytes = Math.ceil((width * depth) / 32) * 4;
  if (width < 1 || height < 1) throw new Error(`its size is ${width}x${storedHeight}`);
  if (pixels + rowBytes * height > bytes.length) throw new Error('it is truncated');

  const colors = depth > 8 ? 0 : view.getUint32(46, true) || 1 << depth;
  const palette = Array.from({ length: Math.min(colors, 256) }, (_, i): Color => {
    const at = 14 + headerSize + 4 * i;
    return [bytes[at + 2]!, bytes[at + 1]!, bytes[at]!];
  });
  const channels = depth > 8 ? 3 : 1;
  const data = new Uint8Array(width * height * channels);
  for (let y = 0; y < height; y++) {
    // The lowest row comes first, unless the height is negative.
    const row = bytes.subarray(pixels + rowBytes * (storedHeight > 0 ? height - 1 - y : y));
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      if (channels === 3) {
        const from = (x * depth) >> 3;
        for (let c = 0; c < 3; c++) data[3 * at + c] = row[from + 2 - c]!;
      } else {
        const bit = x * depth;
        data[at] = (row[bit >> 3]! >> (8 - depth - (bit & 7))) & ((1 << depth) - 1);
      }
    }
  }
  return { width, height, channels, data, palette: channels === 1 ? palette : undefined };
}

/** The pixels of a BMP file as colors. @throws as decodeBmp. */
export function decodeBmpColors(bytes: Uint8Array): RgbImage {
  const { width, height, data, palette } = decodeBmp(bytes);
  if (!palette) return { width, height, data };
  const colors = new Uint8Array(data.length * 3);
  for (const [i, index] of data.entries()) colors.set(palette[index] ?? [0, 0, 0], 3 * i);
  return { width, height, data: colors };
}
