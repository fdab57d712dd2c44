import { type DecodedPng, encode, hasPngSignature } from 'fast-png';
import { inputError, reasonOf } from '../../base/errors.ts';
import { mistakenFor } from '../../base/mistaken-file.ts';
import { decodeBoundedPng } from './bounded-png.ts';
import type { LabelImage } from './image.ts';
import type { Color } from './palette.ts';

const advice = 'expected a palette or gray PNG of at most 8 bits whose pixel value is the class';

/**
 * The labels of a PNG: palette indices, or gray values as they are stored (1, 2, 4 or 8 bits, never scaled).
 * @throws FcnError naming the file when it is no such PNG, or damaged.
 */
export function decodeLabelPng(bytes: Uint8Array, file: string): LabelImage {
  return decodeWithPalette(bytes, file).label;
}

/** As decodeLabelPng, with the colors of the indices: each [red, green, blue], or alpha behind; undefined for gray. */
export function decodeWithPalette(
  bytes: Uint8Array,
  file: string,
): { label: LabelImage; palette: readonly (readonly number[])[] | undefined } {
  if (!hasPngSignature(bytes)) {
    const mistake = mistakenFor(bytes);
    if (mistake) throw inputError(`label ${file}: not a PNG file: ${mistake}`);
    throw inputError(
      `label ${file}: not a PNG file, ${advice}; formats that lose detail, such as JPEG, cannot hold labels`,
    );
  }
  const { width, height, channels, depth, data, palette } = decodePng(bytes, file);
  if (channels !== 1) {
    const kind = { 2: 'gray with alpha', 3: 'RGB', 4: 'RGBA' }[channels] ?? `${channels} channels`;
    throw inputError(`label ${file}: got ${kind} pixels, ${advice}; convert colors to class numbers first`);
  }
  if (depth === 16) {
    throw inputError(`label ${file}: got 16-bit gray pixels, ${advice}; save it with 8 bits a pixel`);
  }
  if (depth === 8) return { label: { width, height, data: data as Uint8Array }, palette };
  // fast-png (8.0) reads the passes of an interlaced image as whole bytes, which is wrong below 8 bits.
  if (isInterlaced(bytes)) {
    throw inputError(`label ${file}: got an interlaced PNG of ${depth} bits; save it without interlacing`);
  }
  const unpacked = unpackBits(data as Uint8Array, width, height, depth);
  return { label: { width, height, data: unpacked }, palette };
}

/** A palette PNG as PASCAL VOC has it: one byte a pixel, the index is the label. `palette` has 256 colors. */
export function encodeLabelPng(label: LabelImage, palette: readonly Color[]): Uint8Array {
  return encode({ ...label, channels: 1, depth: 8, palette: palette.map((color) => [...color]) });
}

function decodePng(bytes: Uint8Array, file: string): DecodedPng {
  try {
    return decodeBoundedPng(bytes);
  } catch (thrown) {
    throw inputError(`label ${file}: damaged PNG (${reasonOf(thrown)}); replace the file`, thrown);
  }
}

/** The last byte of the header chunk (PNG specification, 11.2.1): 8 signature, 8 chunk head, 12 before it. */
function isInterlaced(bytes: Uint8Array): boolean {
  return bytes[28] !== 0;
}

/** Pixels of 1, 2 or 4 bits, leftmost in the high bits; every row starts at a new byte. */
function unpackBits(packed: Uint8Array, width: number, height: number, depth: number): Uint8Array {
  const rowBytes = Math.ceil((width * depth) / 8);
  const mask = (1 << depth) - 1;
  const labels = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const bit = x * depth;
      const byte = packed[y * rowBytes + (bit >> 3)]!;
      labels[y * width + x] = (byte >> (8 - depth - (bit & 7))) & mask;
    }
  }
  return labels;
}
