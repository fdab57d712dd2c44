import { type DecodedPng, hasPngSignature } from 'fast-png';
import { inputError, reasonOf } from '../../base/errors.ts';
import { mistakenFor } from '../../base/mistaken-file.ts';
import { decodeBoundedPng } from './bounded-png.ts';
import type { LabelImage } from './image.ts';
import { narrowValues } from './narrow-values.ts';

const advice = 'expected a palette or gray PNG whose pixel value is the class';

/**
 * The labels of a PNG: palette indices, or gray values as they are stored (1 to 16 bits, never scaled).
 * @throws FcnError naming the file when it is no such PNG, or damaged.
 */
export function decodeLabelPng(bytes: Uint8Array, file: string): LabelImage {
  return decodeWithPalette(bytes, `label ${file}`).label;
}

/** As decodeLabelPng, with the colors of the indices: each [red, green, blue], or alpha behind; undefined for gray. @param name what messages call it: `label a.png` */
export function decodeWithPalette(
  bytes: Uint8Array,
  name: string,
): { label: LabelImage; palette: readonly (readonly number[])[] | undefined } {
  if (!hasPngSignature(bytes)) {
    const mistake = mistakenFor(bytes);
    if (mistake) throw inputError(`${name}: not a PNG file: ${mistake}`);
    throw inputError(`${name}: not a PNG file, ${advice}; lossy formats such as JPEG cannot store labels`);
  }
  const { width, height, channels, depth, data, palette } = decodePng(bytes, name);
  if (channels !== 1) {
    const kind = { 2: 'gray with alpha', 3: 'RGB', 4: 'RGBA' }[channels] ?? `${channels} channels`;
    throw inputError(`${name}: got ${kind} pixels, ${advice}; convert colors to class numbers first`);
  }
  if (depth === 16) {
    return { label: { width, height, data: narrowValues(data, width, '16-bit gray', name) }, palette };
  }
  if (depth === 8) return { label: { width, height, data: data as Uint8Array }, palette };
  const unpacked = unpackBits(data as Uint8Array, width, height, depth);
  return { label: { width, height, data: unpacked }, palette };
}

/** @param name what messages call it: `label a.png` @throws FcnError when it is damaged */
export function decodePng(bytes: Uint8Array, name: string): DecodedPng {
  try {
    return decodeBoundedPng(bytes);
  } catch (thrown) {
    throw inputError(`${name}: damaged PNG (${reasonOf(thrown)}); replace the file`, thrown);
  }
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
