import { largest16, largest32, partBytes, signatures } from './zip-format.ts';

/** An entry of a zip file, stored as it is. */
export interface ZipRecord {
  /** ASCII. */
  readonly name: string;
  readonly bytes: number;
  readonly crc: number;
  /** Of its local header in the file. */
  readonly position: number;
}

/** PyTorch aligns the content of entries, so that storages can be mapped into memory (caffe2/serialize, kFieldAlignment). */
const alignment = 64;
const noTime = 0x00210000; // 1980-01-01 00:00: the same tensors are the same bytes at any time

/** The header before the content, which then begins at a multiple of 64 (APPNOTE.TXT 4.3.7). */
export function localHeader({ name, bytes, crc, position }: ZipRecord): Buffer {
  const sizes = bytes >= largest32 ? wideField([bytes, bytes]) : Buffer.alloc(0);
  const start = position + partBytes.local + name.length + sizes.length;
  const padding = Buffer.alloc(4 + ((alignment - ((start + 4) % alignment)) % alignment));
  padding.write('FB', 'latin1');
  padding.writeUInt16LE(padding.length - 4, 2);
  const header = Buffer.alloc(partBytes.local);
  header.writeUInt32LE(signatures.local, 0);
  writeCommon(header, 4, { name, bytes, crc }, sizes.length + padding.length);
  return Buffer.concat([header, Buffer.from(name, 'latin1'), sizes, padding]);
}

/** What follows the last content: the directory and its end, of 64 bit where 32 do not suffice (4.3.12 to 4.3.16). */
export function directory(records: readonly ZipRecord[], position: number): Buffer {
  const entries = Buffer.concat(records.map(directoryEntry));
  const isWide = records.length >= largest16 || position >= largest32 || entries.length >= largest32;
  const end = Buffer.alloc(partBytes.end);
  end.writeUInt32LE(signatures.end, 0);
  end.writeUInt16LE(Math.min(records.length, largest16), 8);
  end.writeUInt16LE(Math.min(records.length, largest16), 10);
  end.writeUInt32LE(Math.min(entries.length, largest32), 12);
  end.writeUInt32LE(Math.min(position, largest32), 16);
  const wideEnd = isWide ? directoryEnd64(records.length, entries.length, position) : Buffer.alloc(0);
  return Buffer.concat([entries, wideEnd, end]);
}

function directoryEntry({ name, bytes, crc, position }: ZipRecord): Buffer {
  const wide = [...(bytes >= largest32 ? [bytes, bytes] : []), ...(position >= largest32 ? [position] : [])];
  const extra = wide.length > 0 ? wideField(wide) : Buffer.alloc(0);
  const entry = Buffer.alloc(partBytes.entry);
  entry.writeUInt32LE(signatures.entry, 0);
  entry.writeUInt16LE(wide.length > 0 ? 45 : 20, 4);
  writeCommon(entry, 6, { name, bytes, crc }, extra.length, wide.length > 0);
  entry.writeUInt32LE(Math.min(position, largest32), 42);
  return Buffer.concat([entry, Buffer.from(name, 'latin1'), extra]);
}

/** The fields that local headers and directory entries share, from the version needed on. */
function writeCommon(
  target: Buffer,
  at: number,
  { name, bytes, crc }: Pick<ZipRecord, 'name' | 'bytes' | 'crc'>,
  extraBytes: number,
  isWide = bytes >= largest32,
): void {
  target.writeUInt16LE(isWide ? 45 : 20, at);
  target.writeUInt32LE(noTime, at + 6);
  target.writeUInt32LE(crc, at + 10);
  target.writeUInt32LE(Math.min(bytes, largest32), at + 14);
  target.writeUInt32LE(Math.min(bytes, largest32), at + 18);
  target.writeUInt16LE(name.length, at + 22);
  target.writeUInt16LE(extraBytes, at + 24);
}

/** The extra field of the 64-bit extensions (4.5.3). */
function wideField(numbers: readonly number[]): Buffer {
  const field = Buffer.alloc(4 + 8 * numbers.length);
  field.writeUInt16LE(1, 0);
  field.writeUInt16LE(8 * numbers.length, 2);
  for (const [i, number] of numbers.entries()) field.writeBigUInt64LE(BigInt(number), 4 + 8 * i);
  return field;
}

function directoryEnd64(count: number, bytes: number, position: number): Buffer {
  const end = Buffer.alloc(partBytes.end64 + partBytes.locator);
  end.writeUInt32LE(signatures.end64, 0);
  end.writeBigUInt64LE(44n, 4);
  end.writeUInt16LE(45, 12);
  end.writeUInt16LE(45, 14);
  end.writeBigUInt64LE(BigInt(count), 24);
  end.writeBigUInt64LE(BigInt(count), 32);
  end.writeBigUInt64LE(BigInt(bytes), 40);
  end.writeBigUInt64LE(BigInt(position), 48);
  end.writeUInt32LE(signatures.locator, partBytes.end64);
  end.writeBigUInt64LE(BigInt(position + bytes), 64);
  end.writeUInt32LE(1, 72);
  return end;
}
