import { pipeline } from 'node:stream/promises';
import { createDeflate } from 'node:zlib';
import type { Color } from './palette.ts';
import { pngChunk } from './png-chunk.ts';
import { softwareChunk } from './png-software.ts';

export interface PngHeader {
  readonly width: number;
  readonly height: number;
  /** Of pixels that are one byte, an index. Without it pixels are red, green and blue. */
  readonly palette?: readonly Color[];
}

/** PNG specification, 9.2: each row begins with a byte that says how it was filtered; `sub` makes photographs smaller. */
const filters = { none: 0, sub: 1 } as const;

/**
 * A PNG file of 8 bits a channel that says that fcn wrote it, part by part, for images too large to be encoded in one piece.
 * @param blocks the rows from top to bottom, any number of whole rows at a time
 */
export async function* pngParts(
  { width, height, palette }: PngHeader,
  blocks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, palette ? 3 : 2], 8); // bits, color type; the rest is 0: deflate, filters by row, not interlaced
  yield Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  yield pngChunk('IHDR', header);
  yield softwareChunk;
  if (palette) yield pngChunk('PLTE', Uint8Array.from(palette.flat()));

  const deflate = createDeflate();
  const feeding = pipeline(filtered(blocks, width, palette ? 1 : 3), deflate);
  feeding.catch(() => undefined); // reading from `deflate` throws it as well
  for await (const data of deflate) yield pngChunk('IDAT', data);
  yield pngChunk('IEND', new Uint8Array());
}

async function* filtered(
  blocks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  width: number,
  channels: 1 | 3,
): AsyncGenerator<Uint8Array> {
  const rowBytes = width * channels;
  for await (const block of blocks) {
    const rows = block.length / rowBytes;
    const output = new Uint8Array(rows * (rowBytes + 1));
    for (let row = 0; row < rows; row++) {
      const source = block.subarray(row * rowBytes, (row + 1) * rowBytes);
      const start = row * (rowBytes + 1);
      output[start] = channels === 1 ? filters.none : filters.sub;
      output.set(source, start + 1);
      if (channels === 1) continue;
      for (let i = channels; i < rowBytes; i++) output[start + 1 + i] = source[i]! - source[i - channels]!;
    }
    yield output;
  }
}
