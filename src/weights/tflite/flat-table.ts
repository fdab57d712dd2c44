import { ByteBuffer } from 'flatbuffers';
import { type FcnError, inputError } from '../../base/errors.ts';

/** Readers of the scalars that tables and vectors hold, by their FlatBuffers names. */
const scalars = {
  byte: { bytes: 1, read: (buffer: ByteBuffer, at: number) => buffer.readInt8(at) },
  int: { bytes: 4, read: (buffer: ByteBuffer, at: number) => buffer.readInt32(at) },
  uint: { bytes: 4, read: (buffer: ByteBuffer, at: number) => buffer.readUint32(at) },
  long: { bytes: 8, read: (buffer: ByteBuffer, at: number) => Number(buffer.readInt64(at)) },
  ulong: { bytes: 8, read: (buffer: ByteBuffer, at: number) => Number(buffer.readUint64(at)) },
  float: { bytes: 4, read: (buffer: ByteBuffer, at: number) => buffer.readFloat32(at) },
} as const;
type Scalar = keyof typeof scalars;

/** How often all of a file may be read: a tensor is looked at a few times. */
const mostReadings = 16;

/**
 * A file in FlatBuffers' format. The library takes what lies beyond the end for zeros and verifies nothing, so every
 * offset is checked here before it is followed.
 */
export class FlatFile {
  readonly buffer: ByteBuffer;
  /** Bytes of vectors and texts that were read so far. */
  #read = 0;

  constructor(
    readonly file: string,
    private readonly bytes: Uint8Array,
  ) {
    this.buffer = new ByteBuffer(bytes);
  }

  get size(): number {
    return this.bytes.length;
  }

  /** The table that holds all others. @throws FcnError when the identifier behind its offset is another. */
  root(identifier: string): FlatTable {
    this.need(0, 8, 'the offset of the model and the identifier');
    if (!this.buffer.__has_identifier(identifier)) {
      throw this.damaged(4, `got another identifier, expected ${identifier}`);
    }
    return new FlatTable(this, this.buffer.__indirect(0));
  }

  slice(begin: number, length: number, what: string): Uint8Array {
    this.need(begin, length, what);
    return this.bytes.subarray(begin, begin + length);
  }

  /** @throws FcnError unless the file holds `length` bytes at `begin`. */
  need(begin: number, length: number, what: string): void {
    if (begin >= 0 && begin + length <= this.size) return;
    const end = begin < 0 ? 'before its start' : `beyond its end at ${this.size}`;
    throw this.damaged(begin, `got ${what} ${end}, expected ${length} bytes inside the file`);
  }

  /**
   * Counts what is read. Vectors may overlap, so that a small file holds any number of large ones.
   * @throws FcnError when it is much more than the file has
   */
  count(begin: number, length: number): void {
    this.#read += length;
    if (this.#read <= mostReadings * this.size) return;
    throw this.damaged(
      begin,
      `got vectors that together are ${mostReadings} times as large as the file, expected less`,
    );
  }

  damaged(offset: number, fault: string): FcnError {
    return inputError(
      `TensorFlow Lite file ${this.file}: at offset ${offset}: ${fault}; it is damaged or cut short, get it again`,
    );
  }
}

/** A table: fields by their number, each of which the file may leave out. */
export class FlatTable {
  constructor(
    private readonly flat: FlatFile,
    readonly position: number,
  ) {
    flat.need(position, 4, 'a table');
    const vtable = position - flat.buffer.readInt32(position);
    flat.need(vtable, 4, 'the fields of a table');
    flat.need(vtable, Math.max(4, flat.buffer.readUint16(vtable)), 'the fields of a table');
  }

  /** A number, or `fallback`, the schema's default, where there is none. */
  scalar(field: number, type: Scalar, fallback = 0): number {
    const at = this.find(field);
    if (at === undefined) return fallback;
    const { bytes, read } = scalars[type];
    this.flat.need(at, bytes, `field ${field}`);
    return read(this.flat.buffer, at);
  }

  table(field: number): FlatTable | undefined {
    const at = this.follow(field);
    return at === undefined ? undefined : new FlatTable(this.flat, at);
  }

  string(field: number): string {
    const at = this.follow(field);
    if (at === undefined) return '';
    const length = this.flat.buffer.readUint32(at);
    this.flat.count(at, length);
    return new TextDecoder().decode(this.flat.slice(at + 4, length, 'a string'));
  }

  /** The vector of a field; an empty one where there is none. `elementBytes`: 4 for tables. */
  private vector(field: number, elementBytes: number): { begin: number; length: number } {
    const at = this.follow(field);
    if (at === undefined) return { begin: 0, length: 0 };
    const length = this.flat.buffer.readUint32(at);
    this.flat.need(at + 4, length * elementBytes, `a vector of ${length}`);
    return { begin: at + 4, length };
  }

  /** The numbers of a vector. */
  scalars(field: number, type: Scalar): number[] {
    const { bytes, read } = scalars[type];
    const { begin, length } = this.vector(field, bytes);
    this.flat.count(begin, bytes * length);
    return Array.from({ length }, (_, i) => read(this.flat.buffer, begin + i * bytes));
  }

  tables(field: number): FlatTable[] {
    const { begin, length } = this.vector(field, 4);
    this.flat.count(begin, 4 * length);
    return Array.from(
      { length },
      (_, i) => new FlatTable(this.flat, this.flat.buffer.__indirect(begin + i * 4)),
    );
  }

  /** The memory of a vector of bytes. */
  bytes(field: number): Uint8Array {
    const { begin, length } = this.vector(field, 1);
    return this.flat.slice(begin, length, 'a vector of bytes');
  }

  private find(field: number): number | undefined {
    const offset = this.flat.buffer.__offset(this.position, 4 + 2 * field);
    return offset === 0 ? undefined : this.position + offset;
  }

  /** Where a field of variable size lies; it begins with a length (a string or vector) or an offset (a table). */
  private follow(field: number): number | undefined {
    const at = this.find(field);
    if (at === undefined) return undefined;
    this.flat.need(at, 4, `field ${field}`);
    const target = this.flat.buffer.__indirect(at);
    this.flat.need(target, 4, `what field ${field} points to`);
    return target;
  }
}
