import { readSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { type FcnError, inputError } from '../../base/errors.ts';
import { readFully, withFile } from '../file-reading.ts';

/** A PyTorch file that is open for reading anywhere in it. */
export class InputFile {
  readonly name: string;
  readonly size: number;
  readonly #handle: FileHandle;
  readonly #unpacked: { readonly position: number; readonly bytes: Buffer }[] = [];
  #end: number;

  private constructor(name: string, size: number, handle: FileHandle) {
    this.name = name;
    this.size = size;
    this.#handle = handle;
    this.#end = size;
  }

  /** Opens a file for as long as `use` takes. @throws FcnError when it cannot be read. */
  static async with<T>(name: string, use: (file: InputFile) => Promise<T>): Promise<T> {
    return withFile(name, 'PyTorch file', async (handle) => {
      const { size } = await handle.stat();
      return use(new InputFile(name, size, handle));
    });
  }

  /** Takes what a part of the file unpacks to. @returns the position, behind the file, at which it can be read like that */
  append(bytes: Buffer): number {
    const position = this.#end;
    this.#unpacked.push({ position, bytes });
    this.#end += bytes.length;
    return position;
  }

  /** Bytes of what was appended, without a copy. */
  #appended(position: number, length: number): Buffer {
    const part = this.#unpacked.findLast((one) => one.position <= position);
    const bytes = part?.bytes.subarray(position - part.position, position - part.position + length);
    if (bytes?.length !== length) throw this.endsBefore(position, length);
    return bytes;
  }

  /** Fills `target` from a position of the file. */
  async read(target: Uint8Array, position: number): Promise<void> {
    if (target.length > 0 && position >= this.size) {
      target.set(this.#appended(position, target.length));
      return;
    }
    const done = await readFully(this.#handle, target, position);
    if (done < target.length) throw this.endsBefore(position, target.length);
  }

  /** A few bytes at once, for headers and pickles, whose reading is a dialog. Nothing is allocated beyond the file. */
  readNow(position: number, length: number): Buffer {
    if (length > 0 && position >= this.size) return Buffer.from(this.#appended(position, length));
    if (position < 0 || !(position + length <= this.size)) throw this.endsBefore(position, length);
    const target = Buffer.alloc(length);
    let done = 0;
    while (done < length) {
      const bytesRead = readSync(this.#handle.fd, target, done, length - done, position + done);
      if (bytesRead === 0) throw this.endsBefore(position, length);
      done += bytesRead;
    }
    return target;
  }

  /** An error about the file's content. */
  error(offset: number, detail: string, advice = 'it is damaged, or not a PyTorch file'): FcnError {
    return inputError(`PyTorch file ${this.name}: at offset ${offset}: ${detail}; ${advice}`);
  }

  endsBefore(position: number, length: number): FcnError {
    return this.error(position, `got a file of ${this.size} bytes, expected ${length} bytes here`);
  }
}
