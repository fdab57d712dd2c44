import type { LabelImage } from '../../images/image.ts';
import { blankLabel } from './raster/paint.ts';

/**
 * The pixels of a brush stroke: 1 where alpha is not 0. The bytes are those of the package rle-pack (thi-ng/umbrella),
 * bit by bit: 32 bits number of values, 5 bits their size less 1, four times 4 bits size of a length less 1; then for
 * each run a bit that says whether it is of one value, 2 bits that choose the size of the length, the length less 1, and
 * the value or the values. Values are red, green, blue and alpha of each pixel in turn.
 * @returns what is wrong when they are not of this form and size
 */
export function decodeBrush(bytes: readonly number[], width: number, height: number): LabelImage | string {
  const bits = new BitReader(bytes);
  const count = bits.read(32);
  const expected = width * height * 4;
  if (count !== expected)
    return `got an RLE of ${count} values, expected ${expected} for ${width}x${height} pixels`;
  const wordSize = bits.read(5) + 1;
  const lengthSizes = Array.from({ length: 4 }, () => bits.read(4) + 1);
  const mask = blankLabel(width, height);
  for (let i = 0; i < count; ) {
    const isRun = bits.read(1) === 1;
    const end = i + 1 + bits.read(lengthSizes[bits.read(2)]!);
    if (end > count || bits.isExhausted) return `got an RLE that ends at value ${i} of ${count}`;
    let value = isRun ? bits.read(wordSize) : 0;
    for (; i < end; i++) {
      if (!isRun) value = bits.read(wordSize);
      if (i % 4 === 3 && value !== 0) mask.data[(i - 3) / 4] = 1;
    }
  }
  return bits.isExhausted ? 'got a truncated RLE' : mask;
}

/** Reads unsigned numbers of up to 32 bits, the highest bit first. Behind the end all bits are 0. */
class BitReader {
  readonly #bytes: readonly number[];
  #position = 0;

  constructor(bytes: readonly number[]) {
    this.#bytes = bytes;
  }

  /** Whether more was read than there is. */
  get isExhausted(): boolean {
    return this.#position > this.#bytes.length * 8;
  }

  read(size: number): number {
    let value = 0;
    for (let i = 0; i < size; i++, this.#position++) {
      const byte = this.#bytes[this.#position >> 3] ?? 0;
      value = value * 2 + ((byte >> (7 - (this.#position & 7))) & 1);
    }
    return value;
  }
}
