import { deflateSync, inflateSync } from 'node:zlib';
import { type DecodedPng, decode } from 'fast-png';
import { inBytes, memoryOfMachine } from '../../base/memory.ts';
import { deinterlace, passes } from './adam7.ts';
import { pngChunk } from './png-chunk.ts';

/** Chunks that pixels depend on. Others are left out: text and color profiles may unpack to any size. */
const needed = ['IHDR', 'PLTE', 'tRNS', 'IDAT', 'IEND'];

/** Of pixels, mostly: of some kilobytes each, they hold more than an image may have. */
const mostChunks = 2 ** 16;

/** Samples of a pixel by color type (PNG specification, 11.2.1): gray, RGB, index, gray with alpha, RGBA. */
const samplesOf: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** Of the deflate format: bytes that one byte can stand for. */
const greatestRatio = 1032;

/** Bytes that fast-png holds at most for each byte of its pixels: as they come, joined, and without filters. */
const copies = 4;

/**
 * Decodes a PNG as fast-png does, but unpacks no more than the size in its header asks for, and nothing where the file cannot
 * hold as much.
 * @throws Error saying what is wrong with the file, for use inside another message
 */
export function decodeBoundedPng(bytes: Uint8Array): DecodedPng {
  const chunks = chunksOf(bytes);
  const header = chunks[0];
  if (header?.type !== 'IHDR' || header.data.length !== 13)
    throw new Error('it does not start with its header');
  const data = chunks.filter(({ type }) => type === 'IDAT').map((chunk) => chunk.data);
  const palette = chunks.find(({ type }) => type === 'PLTE');
  if (palette && palette.data.length > 3 * 256) throw new Error('its palette has more than 256 colors');
  const unpacked = unpack(Buffer.concat(data), unpackedBytes(header.data));
  const parts = isInterlacedBelow8(header.data)
    ? withRowsInOrder(chunks, unpacked)
    : chunks.map(({ whole }) => whole);
  return decode(Buffer.concat([bytes.subarray(0, 8), ...parts]), { checkCrc: true });
}

/** Pixels that a byte of a GIF can stand for: a code of at least 3 bits for a table entry of at most 4096 of them. */
const pixelsOfGif = 2 * 4096;
/** Pixels that any GIF may have: a screen may be larger than what is drawn on it. */
const always = 2 ** 20;

/** Pixels of a side of a frame, which has 16 bits in AV1 (AV1 specification, 5.5.1). */
const mostOfAv1 = 2 ** 16;

/**
 * Decoders make room for whole rows, or for all pixels, before they look for them.
 * @param bytes of any image
 * @throws Error where it is a PNG or a GIF whose header asks for more pixels than so many bytes can stand for, or an AVIF with more than any
 */
export function checkPixelsHeld(
  bytes: Uint8Array,
  { format, width, height }: { readonly format: string; readonly width: number; readonly height: number },
): void {
  if (format === 'gif' && width * height > always + pixelsOfGif * bytes.length) {
    throw new Error(`${bytes.length} bytes cannot hold its ${width}x${height} pixels`);
  }
  if (format === 'heif' && Math.max(width, height) > mostOfAv1)
    throw new Error(`AVIF cannot hold ${width}x${height} pixels`);
  const isPng = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(16, bytes.length)).includes(
    'PNG\r\n\x1a\n',
  );
  if (!isPng || bytes.length < headerEnd) return;
  checkRatio(bytes.length, unpackedBytes(bytes.subarray(headerEnd - 13, headerEnd)));
}

/** Behind the signature, and the length and the type of the header. */
const headerEnd = 8 + 8 + 13;

function checkRatio(length: number, expected: number): void {
  if (expected <= greatestRatio * length) return;
  throw new Error(`its pixels are cut short: ${length} bytes cannot hold ${expected}`);
}

/** Of these fast-png does not find the pixels. */
function isInterlacedBelow8(header: Uint8Array): boolean {
  return header[8]! < 8 && header[12] !== 0;
}

function withRowsInOrder(chunks: readonly Chunk[], unpacked: Uint8Array): Uint8Array[] {
  const header = Buffer.from(chunks[0]!.data);
  const rows = deinterlace(unpacked, header.readUInt32BE(0), header.readUInt32BE(4), header[8]!);
  header[12] = 0;
  const others = chunks.filter(({ type }) => type !== 'IHDR' && type !== 'IDAT' && type !== 'IEND');
  return [
    pngChunk('IHDR', header),
    ...others.map(({ whole }) => whole),
    pngChunk('IDAT', deflateSync(rows)),
    pngChunk('IEND', new Uint8Array()),
  ];
}

interface Chunk {
  readonly type: string;
  readonly data: Uint8Array;
  /** With its length, type and checksum. */
  readonly whole: Uint8Array;
}

function chunksOf(bytes: Uint8Array): Chunk[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks: Chunk[] = [];
  for (let at = 8; at + 12 <= bytes.length && chunks.at(-1)?.type !== 'IEND'; ) {
    const end = at + 12 + view.getUint32(at);
    if (end > bytes.length) throw new Error(`it is truncated at byte ${bytes.length} of ${end}`);
    const type = Buffer.from(bytes.subarray(at + 4, at + 8)).toString('latin1');
    if (needed.includes(type)) {
      chunks.push({ type, data: bytes.subarray(at + 8, end - 4), whole: bytes.subarray(at, end) });
      if (chunks.length > mostChunks) throw new Error(`it has more than ${mostChunks} pieces`);
    }
    at = end;
  }
  if (chunks.at(-1)?.type !== 'IEND') throw new Error('it is truncated');
  return chunks;
}

/** Rows with the byte before each that says how it is filtered, of all passes. */
function unpackedBytes(header: Uint8Array): number {
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const bits = view.getUint8(8) * (samplesOf[view.getUint8(9)] ?? 4);
  const bytesOf = (columns: number, rows: number) =>
    columns > 0 ? rows * (1 + Math.ceil((columns * bits) / 8)) : 0;
  if (width === 0 || height === 0) throw new Error(`its size is ${width}x${height}`);
  if (view.getUint8(12) === 0) return bytesOf(width, height);
  return passes.reduce(
    (sum, [x, y, across, down]) =>
      sum + bytesOf(Math.ceil((width - x) / across), Math.ceil((height - y) / down)),
    0,
  );
}

function unpack(data: Uint8Array, expected: number): Uint8Array {
  checkRatio(data.length, expected);
  const { limit } = memoryOfMachine();
  if (copies * expected > limit) {
    throw new Error(
      `its pixels need ${inBytes(copies * expected)} of the ${inBytes(limit)} of memory that are available`,
    );
  }
  try {
    const unpacked = inflateSync(data, { maxOutputLength: expected });
    const { length } = unpacked;
    if (length < expected) throw new Error(`its pixels are cut short: ${length} bytes of ${expected}`);
    return unpacked;
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ERR_BUFFER_TOO_LARGE') throw thrown;
    throw new Error(`it unpacks to more than the ${expected} bytes of its size`);
  }
}
