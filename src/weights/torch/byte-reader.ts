import type { InputFile } from './input-file.ts';

const windowBytes = 2 ** 16;
/** More than any name has. */
const longestLine = 1024;

/** Reads a part of a file from its start to its end, byte by byte or in pieces. */
export class ByteReader {
  readonly #file: InputFile;
  readonly #end: number;
  #window: Buffer = Buffer.alloc(0);
  #windowStart: number;
  #position: number;

  /** @param end the first byte that is not part of it */
  constructor(file: InputFile, start: number, end: number) {
    this.#file = file;
    this.#end = end;
    this.#windowStart = start;
    this.#position = start;
  }

  /** Offset in the file of the next byte. */
  get position(): number {
    return this.#position;
  }

  byte(): number {
    return this.bytes(1)[0]!;
  }

  /** The next bytes, to be used before anything else is read. */
  bytes(length: number): Buffer {
    const position = this.#position;
    if (!(length <= this.#end - position)) {
      throw this.error(`got ${this.#end - position} bytes, expected ${length}`);
    }
    this.#position += length;
    if (position + length > this.#windowStart + this.#window.length) {
      if (length > windowBytes) return this.#file.readNow(position, length);
      this.#windowStart = position;
      this.#window = this.#file.readNow(position, Math.min(windowBytes, this.#end - position));
    }
    return this.#window.subarray(position - this.#windowStart, position - this.#windowStart + length);
  }

  /** Text up to the end of the line, which is not part of it. */
  line(): string {
    let text = '';
    for (let code = this.byte(); code !== 0x0a; code = this.byte()) {
      text += String.fromCharCode(code);
      if (text.length > longestLine) throw this.error(`got a line of more than ${longestLine} bytes`);
    }
    return text;
  }

  /** An error about the content, by default of what comes next. */
  error(detail: string, advice?: string, offset = this.#position): Error {
    return this.#file.error(offset, detail, advice);
  }
}
