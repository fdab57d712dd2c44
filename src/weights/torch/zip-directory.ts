import { crc32 } from '../../base/crc32.ts';
import { quote } from '../quote.ts';
import { inflateExactly } from './inflate-exactly.ts';
import type { InputFile } from './input-file.ts';
import { largest16, largest32, partBytes, signatures } from './zip-format.ts';

/** A run of bytes in a file. */
export interface Extent {
  readonly position: number;
  readonly bytes: number;
}

interface Entry {
  readonly flags: number;
  readonly method: number;
  readonly storedBytes: number;
  readonly bytes: number;
  readonly crc: number;
  readonly headerPosition: number;
  /** Of the entry in the directory, for messages. */
  readonly position: number;
}

/** Far more than a directory of weights needs. */
const directoryLimit = 2 ** 24;

/** What is read at once to check it: it fits into the processor's cache. */
const checkBytes = 2 ** 20;

/** APPNOTE.TXT 4.4.5. */
const methods = { stored: 0, deflated: 8 };

/**
 * The directory of a zip file (PKWARE's APPNOTE.TXT, sections 4.3 and 4.5.3, with the 64-bit extensions). PyTorch stores
 * entries as they are; where people have packed them again, with compression, they are unpacked into memory.
 */
export class ZipDirectory {
  readonly #file: InputFile;
  readonly #entries = new Map<string, Entry>();
  readonly #directory: Extent;
  readonly #located = new Map<string, Extent>();
  #unpackedBytes = 0;

  /** @throws FcnError naming the file and the offset when the directory is not as the format wants it. */
  constructor(file: InputFile) {
    this.#file = file;
    const { count, ...directory } = findDirectory(file);
    this.#directory = directory;
    const bytes = file.readNow(directory.position, directory.bytes);
    for (let at = 0, n = 0; n < count; n++) {
      const position = directory.position + at;
      if (at + partBytes.entry > bytes.length || bytes.readUInt32LE(at) !== signatures.entry) {
        throw file.error(position, `got no entry ${n} of the zip directory, expected ${count} entries`);
      }
      const nameBytes = bytes.readUInt16LE(at + 28);
      const extraBytes = bytes.readUInt16LE(at + 30);
      const extraStart = at + partBytes.entry + nameBytes;
      const end = extraStart + extraBytes + bytes.readUInt16LE(at + 32);
      if (end > bytes.length)
        throw file.error(position, `got entry ${n} of the zip directory beyond its end`);
      const name = bytes.toString('utf8', at + partBytes.entry, extraStart);
      if (this.#entries.has(name)) throw file.error(position, `got zip entry ${quote(name)} twice`);
      const extra = bytes.subarray(extraStart, extraStart + extraBytes);
      this.#entries.set(name, { ...readEntry(bytes.subarray(at), extra), position });
      at = end;
    }
  }

  get names(): string[] {
    return [...this.#entries.keys()];
  }

  /** Where the content of an entry lies. @throws FcnError when there is none, or it is encrypted or packed in an unusual way. */
  locate(name: string): Extent {
    const located = this.#located.get(name);
    if (located) return located;
    const entry = this.#entries.get(name);
    const file = this.#file;
    if (!entry) throw file.error(this.#directory.position, `got no zip entry ${quote(name)}`);
    const { flags, method, bytes, storedBytes, headerPosition } = entry;
    const isDeflated = method === methods.deflated;
    if ((flags & 1) !== 0 || (!isDeflated && (method !== methods.stored || bytes !== storedBytes))) {
      throw file.error(
        entry.position,
        `got zip entry ${quote(name)} ${(flags & 1) === 0 ? `packed by method ${method}` : 'encrypted'}, expected it stored as ` +
          'PyTorch does, or deflated',
        'unpack it, and pack it without compression',
      );
    }
    const header = file.readNow(headerPosition, partBytes.local);
    if (header.readUInt32LE() !== signatures.local) {
      throw file.error(headerPosition, `got no header of zip entry ${quote(name)}`);
    }
    const position = headerPosition + partBytes.local + header.readUInt16LE(26) + header.readUInt16LE(28);
    if (position + storedBytes > this.#directory.position) {
      throw file.error(
        entry.position,
        `got ${storedBytes} bytes of zip entry ${quote(name)} at ${position}, expected their end before the directory at ` +
          `${this.#directory.position}`,
      );
    }
    const extent = { position: isDeflated ? this.#unpack(name, entry, position) : position, bytes };
    this.#located.set(name, extent);
    return extent;
  }

  /** @returns where the content of a deflated entry can be read. What all unpack to is bounded by the size of the file. */
  #unpack(name: string, { bytes, storedBytes, position: place }: Entry, position: number): number {
    const file = this.#file;
    this.#unpackedBytes += bytes;
    const most = 16 * file.size + 2 ** 24;
    if (this.#unpackedBytes > most) {
      throw file.error(
        place,
        `got zip entries of ${this.#unpackedBytes} bytes in a file of ${file.size}, expected at most ${most}`,
        'unpack it, and pack it without compression',
      );
    }
    const content = inflateExactly(file.readNow(position, storedBytes), bytes);
    if (typeof content === 'string') throw file.error(position, `got zip entry ${quote(name)}: ${content}`);
    return file.append(content);
  }

  /** Reads what has been located and compares its checksums. @throws FcnError naming the first entry that is damaged. */
  async checkLocated(): Promise<void> {
    if (!this.#hasChecksums) return;
    const chunk = Buffer.allocUnsafe(checkBytes);
    for (const [name, { position, bytes }] of this.#located) {
      let crc = 0;
      for (let done = 0; done < bytes; done += checkBytes) {
        const part = chunk.subarray(0, bytes - done);
        await this.#file.read(part, position + done);
        crc = crc32(part, crc);
      }
      const expected = this.#entries.get(name)!.crc;
      if (crc === expected) continue;
      throw this.#file.error(
        position,
        `got checksum ${hex(crc)} of zip entry ${quote(name)}, expected ${hex(expected)}`,
        'the file is damaged: get it again',
      );
    }
  }

  /** PyTorch can be told to compute none (set_crc32_options). All entries have the same number then. */
  get #hasChecksums(): boolean {
    return new Set([...this.#entries.values()].map(({ crc }) => crc)).size > 1;
  }
}

function hex(crc: number): string {
  return crc.toString(16).padStart(8, '0');
}

function findDirectory(file: InputFile): Extent & { readonly count: number } {
  const tailBytes = Math.min(file.size, partBytes.end + largest16);
  const tailStart = file.size - tailBytes;
  const tail = file.readNow(tailStart, tailBytes);
  for (let at = tailBytes - partBytes.end; at >= 0; at--) {
    if (
      tail.readUInt32LE(at) !== signatures.end ||
      at + partBytes.end + tail.readUInt16LE(at + 20) !== tailBytes
    )
      continue;
    const position = tailStart + at;
    const found = {
      count: tail.readUInt16LE(at + 10),
      bytes: tail.readUInt32LE(at + 12),
      position: tail.readUInt32LE(at + 16),
    };
    const needs64 = found.count === largest16 || found.bytes === largest32 || found.position === largest32;
    const directory = needs64 ? findDirectory64(file, position) : found;
    if (directory.position + directory.bytes > position || directory.bytes > directoryLimit) {
      throw file.error(
        position,
        `got a zip directory of ${directory.bytes} bytes at ${directory.position}, expected its end before ${position} ` +
          `and at most ${directoryLimit} bytes`,
      );
    }
    return directory;
  }
  throw file.error(
    file.size,
    'got no end of a zip directory',
    'the file was cut short, or is not a PyTorch file',
  );
}

function findDirectory64(file: InputFile, endPosition: number): Extent & { readonly count: number } {
  const locator = file.readNow(endPosition - partBytes.locator, partBytes.locator);
  if (locator.readUInt32LE() !== signatures.locator) {
    throw file.error(endPosition - partBytes.locator, 'got no locator of a 64-bit zip directory');
  }
  const position = Number(locator.readBigUInt64LE(8));
  const end = file.readNow(position, partBytes.end64);
  if (end.readUInt32LE() !== signatures.end64) {
    throw file.error(position, 'got no end of a 64-bit zip directory');
  }
  return {
    count: Number(end.readBigUInt64LE(32)),
    bytes: Number(end.readBigUInt64LE(40)),
    position: Number(end.readBigUInt64LE(48)),
  };
}

function readEntry(entry: Buffer, extra: Buffer): Omit<Entry, 'position'> {
  const wide = wideFields(extra);
  // The 64-bit fields stand in this order, each only where the 32-bit one cannot hold the number.
  const [bytes, storedBytes, headerPosition] = [24, 20, 42].map((at) => {
    const narrow = entry.readUInt32LE(at);
    return narrow === largest32 ? (wide.shift() ?? narrow) : narrow;
  });
  return {
    flags: entry.readUInt16LE(8),
    method: entry.readUInt16LE(10),
    crc: entry.readUInt32LE(16),
    storedBytes: storedBytes!,
    bytes: bytes!,
    headerPosition: headerPosition!,
  };
}

/** The numbers of the extra field with the 64-bit extensions, if there is one. */
function wideFields(extra: Buffer): number[] {
  for (let at = 0; at + 4 <= extra.length; ) {
    const bytes = extra.readUInt16LE(at + 2);
    const field = extra.subarray(at + 4, at + 4 + bytes);
    if (extra.readUInt16LE(at) === 1) {
      return Array.from({ length: Math.floor(field.length / 8) }, (_, i) =>
        Number(field.readBigUInt64LE(8 * i)),
      );
    }
    at += 4 + bytes;
  }
  return [];
}
