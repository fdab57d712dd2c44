import type { FileHandle } from 'node:fs/promises';
import { inputError } from '../../base/errors.ts';
import { readFully } from '../file-reading.ts';

/** How a field's value is laid out (protobuf.dev/programming-guides/encoding, "Message Structure"). */
export const wireTypes = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** A field of a message: its value begins at `begin` and ends before `end`. For a varint, `value` is it. */
export interface Field {
  readonly number: number;
  readonly wireType: number;
  readonly value: number;
  readonly begin: number;
  readonly end: number;
}

const windowBytes = 2 ** 16;
const longestVarint = 10;

/** Files that are no attack have thousands of fields; each costs about a microsecond. */
const mostFields = 1_000_000;

/**
 * Reads a protobuf message field by field from a file, through a small window: what is not asked for is skipped
 * without being read.
 */
export class WireReader {
  readonly file: string;
  readonly #handle: FileHandle;
  readonly #size: number;
  readonly #window = new Uint8Array(windowBytes);
  #windowStart = 0;
  #windowEnd = 0;
  #fieldsRead = 0;

  constructor(handle: FileHandle, file: string, size: number) {
    this.file = file;
    this.#handle = handle;
    this.#size = size;
  }

  /** The fields of the message between two offsets, in order. What lies inside a field is left to the caller. */
  async *fields(begin: number, end: number): AsyncGenerator<Field> {
    let position = begin;
    while (position < end) {
      if (++this.#fieldsRead > mostFields) {
        throw this.damaged(position, `got more than ${mostFields} fields, expected fewer`);
      }
      const field = await this.#field(position, end);
      yield field;
      position = field.end;
    }
  }

  /** The varints of a packed field, at most `limit` of them. */
  async packedVarints({ begin, end }: Field, limit: number): Promise<number[]> {
    const values: number[] = [];
    for (let position = begin; position < end; ) {
      if (values.length === limit)
        throw this.damaged(position, `got more than ${limit} numbers, expected at most ${limit}`);
      await this.#show(position, longestVarint);
      const { value, end: after } = this.#varint(position, end);
      values.push(value);
      position = after;
    }
    return values;
  }

  /** The text of a field of at most `limit` bytes. */
  async text({ begin, end }: Field, limit: number): Promise<string> {
    if (end - begin > limit)
      throw this.damaged(begin, `got a text of ${end - begin} bytes, expected at most ${limit}`);
    const bytes = Buffer.alloc(end - begin);
    await this.bytes(bytes, begin);
    return bytes.toString();
  }

  /** Fills `target` with the bytes at an offset. */
  async bytes(target: Uint8Array, position: number): Promise<void> {
    const done = await readFully(this.#handle, target, position);
    if (done < target.length)
      throw this.damaged(position + done, `the file ends, expected ${target.length - done} bytes more`);
  }

  /** An error about the content of the file. */
  damaged(offset: number, detail: string): Error {
    return inputError(
      `caffemodel ${this.file}: at offset ${offset}: ${detail}; it is damaged, or not a caffemodel`,
    );
  }

  async #field(start: number, end: number): Promise<Field> {
    await this.#show(start, 2 * longestVarint);
    const tag = this.#varint(start, end);
    const number = Math.floor(tag.value / 8);
    const wireType = tag.value % 8;
    if (number < 1 || number >= 2 ** 29)
      throw this.damaged(start, `got field number ${number}, expected 1 to 2^29 - 1`);
    const begin = tag.end;
    switch (wireType) {
      case wireTypes.varint: {
        const { value, end: after } = this.#varint(begin, end);
        return { number, wireType, value, begin, end: after };
      }
      case wireTypes.fixed64:
        return { number, wireType, value: 0, begin, end: this.#inside(begin, begin + 8, end) };
      case wireTypes.fixed32:
        return { number, wireType, value: 0, begin, end: this.#inside(begin, begin + 4, end) };
      case wireTypes.bytes: {
        const length = this.#varint(begin, end);
        return {
          number,
          wireType,
          value: 0,
          begin: length.end,
          end: this.#inside(begin, length.end + length.value, end),
        };
      }
      default:
        throw this.damaged(start, `got wire type ${wireType}, expected 0, 1, 2 or 5`);
    }
  }

  /** Moves the window so that it shows the bytes from an offset on, as far as the file goes. */
  async #show(position: number, bytes: number): Promise<void> {
    const wanted = Math.min(position + bytes, this.#size);
    if (position >= this.#windowStart && wanted <= this.#windowEnd) return;
    const length = Math.min(windowBytes, this.#size - position);
    const done = await readFully(this.#handle, this.#window.subarray(0, length), position);
    this.#windowStart = position;
    this.#windowEnd = position + done;
  }

  /** A varint inside the window. A negative int64, or any beyond 2^53, comes out as what no length or size can be. */
  #varint(start: number, end: number): { value: number; end: number } {
    let value = 0;
    for (let i = 0; i < longestVarint; i++) {
      const position = start + i;
      if (position >= end || position >= this.#windowEnd) {
        throw this.damaged(position, `the message ends inside a number that begins at offset ${start}`);
      }
      const byte = this.#window[position - this.#windowStart]!;
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) return { value, end: position + 1 };
    }
    throw this.damaged(
      start,
      `got a number of more than ${longestVarint} bytes, expected at most ${longestVarint}`,
    );
  }

  #inside(start: number, fieldEnd: number, end: number): number {
    if (fieldEnd <= end) return fieldEnd;
    throw this.damaged(
      start,
      `got a field that ends at offset ${fieldEnd}, expected at most ${end}, the end of what it is part of`,
    );
  }
}
