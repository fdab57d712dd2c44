import { pipeline } from 'node:stream/promises';
import { createDeflate } from 'node:zlib';
import { crc32 } from '../../base/crc32.ts';
import type { Color } from './palette.ts';

export interface PngHeader {
  readonly width: number;
  readonly height: number;
  /** Of pixels that are one byte, an index. Without it pixels are red, green and blue. */
  readonly palette?: readonly Color[];
}

/** PNG specification, 9.2: each row begins with a byte that says how it was filtered; `sub` makes photographs smaller. */
const filters = { none: 0, sub: 1 } as const;

/**
 * A PNG file of 8 bits a channel, part by part, for images too large to be encoded in one piece.
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
  yield chunk('IHDR', header);
  if (palette) yield chunk('PLTE', Uint8Array.from(palette.flat()));

  const deflate = createDeflate();
  const feeding = pipeline(filtered(blocks, width, palette ? 1 : 3), deflate);
  feeding.catch(() => undefined); // reading from `deflate` throws it as well
  for await (const data of deflate) yield chunk('IDAT', data);
  yield chunk('IEND', new Uint8Array());
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

function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(12 + data.length);
  bytes.writeUInt32BE(data.length, 0);
  bytes.write(type, 4, 'latin1');
  bytes.set(data, 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, 8 + data.length)), 8 + data.length);
  return bytes;
}
