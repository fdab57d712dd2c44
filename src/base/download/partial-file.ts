import { constants, existsSync } from 'node:fs';
import { type FileHandle, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { diskFailure } from '../files.ts';

/** The file that a server is sending. */
export interface Origin {
  readonly url: string;
  /** ETag or Last-Modified: the value of a header that changes when the file does. */
  readonly validator: string | undefined;
  /** Size in bytes, when the server says it. */
  readonly total: number | undefined;
}

/** The beginning of a file that is still the origin's. */
export interface Beginning {
  readonly bytes: number;
  readonly validator: string;
  readonly total: number | undefined;
}

/**
 * A download that is not complete: TARGET.part beside the target, and TARGET.part.json, which says what it is a part of.
 * Without the latter nothing is known about the bytes and they are not continued.
 */
export class PartialFile {
  readonly file: string;
  readonly #target: string;
  readonly #originFile: string;

  constructor(target: string) {
    this.#target = target;
    this.file = `${target}.part`;
    this.#originFile = `${this.file}.json`;
  }

  /** Whether somebody else's files have the names of the parts: only what says what it is a part of is ours. */
  async isTaken(): Promise<boolean> {
    if (!existsSync(this.file) && !existsSync(this.#originFile)) return false;
    try {
      const origin = JSON.parse(await readFile(this.#originFile, 'utf8'));
      return typeof origin?.url !== 'string';
    } catch {
      return true; // missing, or no JSON
    }
  }

  /** What an earlier attempt left; undefined when there is nothing that can be continued. */
  async beginning(url: string): Promise<Beginning | undefined> {
    try {
      const origin = JSON.parse(await readFile(this.#originFile, 'utf8'));
      const { size: bytes } = await stat(this.file);
      const { validator, total } = origin;
      if (origin.url !== url || typeof validator !== 'string' || bytes === 0) return undefined;
      if (total !== undefined && !(bytes <= total)) return undefined;
      return { bytes, validator, total };
    } catch (thrown) {
      const missing = (thrown as NodeJS.ErrnoException).code === 'ENOENT';
      if (missing || thrown instanceof SyntaxError || thrown instanceof TypeError) return undefined;
      throw diskFailure(`cannot read ${this.#originFile}`, thrown);
    }
  }

  /** Opens the file, to write at any position, without its old content. */
  async begin(origin: Origin): Promise<FileHandle> {
    await this.remove();
    try {
      if (origin.validator !== undefined) await writeFile(this.#originFile, JSON.stringify(origin));
    } catch (thrown) {
      throw diskFailure(`cannot write ${this.#originFile}`, thrown);
    }
    return this.continue();
  }

  /** Opens the file, to write at any position. */
  async continue(): Promise<FileHandle> {
    try {
      return await open(this.file, constants.O_RDWR | constants.O_CREAT);
    } catch (thrown) {
      throw diskFailure(`cannot write ${this.file}`, thrown);
    }
  }

  /** The part is the whole: gives it the target's name. */
  async complete(): Promise<void> {
    try {
      await rename(this.file, this.#target);
      await rm(this.#originFile, { force: true });
    } catch (thrown) {
      throw diskFailure(`cannot write ${this.#target}`, thrown);
    }
  }

  async remove(): Promise<void> {
    try {
      await rm(this.#originFile, { force: true }); // first: an end of the process in between leaves nothing that lies
      await rm(this.file, { force: true });
    } catch (thrown) {
      throw diskFailure(`cannot remove ${this.file}`, thrown);
    }
  }
}
