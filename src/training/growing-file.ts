import { appendFileSync, closeSync, fstatSync, fsyncSync, openSync, readSync } from 'node:fs';
import { identityOf } from '../base/look.ts';

/** A file that is added to for long, and that is known again: its name may be taken away from it meanwhile. */
export class GrowingFile {
  readonly #file: string;
  readonly #descriptor: number;
  readonly #identity: string | undefined;
  #bytes: number;

  constructor(file: string) {
    this.#file = file;
    this.#descriptor = openSync(file, 'a+');
    this.#identity = identityOf(file);
    this.#bytes = fstatSync(this.#descriptor).size;
  }

  append(text: string): void {
    appendFileSync(this.#descriptor, text);
    this.#bytes += Buffer.byteLength(text);
  }

  /** What has become of it: it may be `cut`, or at its name is nothing, or another file. */
  get state(): 'whole' | 'cut' | 'removed' | 'replaced' {
    if (fstatSync(this.#descriptor).size < this.#bytes) return 'cut';
    const found = identityOf(this.#file);
    if (found === undefined) return 'removed';
    return found === this.#identity ? 'whole' : 'replaced';
  }

  /** All that it holds, under whatever name. */
  get content(): Buffer {
    const content = Buffer.alloc(this.#bytes);
    for (let done = 0; done < content.length; ) {
      const read = readSync(this.#descriptor, content, done, content.length - done, done);
      if (read === 0) return content.subarray(0, done); // cut meanwhile
      done += read;
    }
    return content;
  }

  /** Waits until all is on the disk. */
  flush(): void {
    fsyncSync(this.#descriptor);
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}
