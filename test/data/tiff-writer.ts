/** What a TIFF file says of its samples (TIFF 6.0): tag 262, 1 for gray and 2 for RGB, and tag 338, one number for each channel besides. */
export interface TiffKind {
  readonly photometric: 1 | 2;
  readonly extraSamples: readonly number[];
  /** Of a sample, where several are packed into a byte. */
  readonly bits?: 1 | 2 | 4;
}

/**
 * An uncompressed TIFF file of one strip, by the specification (TIFF 6.0, sections 2 to 8): little-endian, channels interleaved.
 * @param pixels [height, width, channels], of 8 or 16 bits
 */
export function tiffFile(
  pixels: Uint8Array | Uint16Array,
  [height, width, channels]: readonly [number, number, number],
  { photometric, extraSamples, ...kind }: TiffKind,
): Buffer {
  const bytes = Buffer.from(pixels.buffer, pixels.byteOffset, pixels.byteLength);
  const bits = kind.bits ?? 8 * pixels.BYTES_PER_ELEMENT;
  const [short, long] = [3, 4];
  const entries: (readonly [tag: number, type: number, values: readonly number[]])[] = [
    [256, long, [width]],
    [257, long, [height]],
    [258, short, Array.from({ length: channels }, () => bits)],
    [259, short, [1]],
    [262, short, [photometric]],
    [273, long, [8]],
    [277, short, [channels]],
    [278, long, [height]],
    [279, long, [bytes.length]],
    ...(extraSamples.length > 0 ? [[338, short, extraSamples] as const] : []),
  ];
  const padded = Buffer.concat([bytes, Buffer.alloc(bytes.length % 2)]);
  const arraysAt = 8 + padded.length;
  const arrays: Buffer[] = [];
  const directory = Buffer.alloc(2 + 12 * entries.length + 4);
  directory.writeUInt16LE(entries.length);
  const bufferOf = (type: number, values: readonly number[]) =>
    type === short
      ? Buffer.from(Uint16Array.from(values).buffer)
      : Buffer.from(Uint32Array.from(values).buffer);
  for (const [i, [tag, type, values]] of entries.entries()) {
    const at = 2 + 12 * i;
    directory.writeUInt16LE(tag, at);
    directory.writeUInt16LE(type, at + 2);
    directory.writeUInt32LE(values.length, at + 4);
    const content = bufferOf(type, values);
    if (content.length <= 4) content.copy(directory, at + 8);
    else {
      directory.writeUInt32LE(arraysAt + Buffer.concat(arrays).length, at + 8);
      arrays.push(content, Buffer.alloc(content.length % 4));
    }
  }
  const header = Buffer.from([0x49, 0x49, 42, 0, 0, 0, 0, 0]);
  const stored = Buffer.concat(arrays);
  header.writeUInt32LE(arraysAt + stored.length, 4);
  return Buffer.concat([header, padded, stored, directory]);
}
