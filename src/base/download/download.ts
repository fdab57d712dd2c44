import type { FileHandle } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FcnError, failure, reasonOf } from '../errors.ts';
import { diskFailure, flushToDisk, makeFolder } from '../files.ts';
import { whileLocked } from '../locks/process-lock.ts';
import type { Feedback } from './feedback.ts';
import { contentRangeOf, httpGet, Interrupted, lengthOf, validatorOf } from './http-get.ts';
import { type Beginning, PartialFile } from './partial-file.ts';
import type { PublishedFile } from './published-file.ts';
import { differenceFrom } from './verify.ts';

export interface Patience {
  /** Milliseconds without a byte after which a connection is given up. */
  readonly stallTimeout: number;
  /** Milliseconds before each further attempt; the count starts anew whenever an attempt got further. */
  readonly retryDelays: readonly number[];
}

const defaultPatience: Patience = { stallTimeout: 30_000, retryDelays: [1000, 3000, 10_000, 30_000] };

/** Bytes. No file that we know comes near: a server that announces more or does not end is not sending one of them. */
const largestFile = 2 ** 33;

/**
 * Downloads a file to `target`, which appears only when it is complete and its checksum is right. An interrupted
 * download leaves `target`.part and is continued by the next, when the server says that the file is still the same.
 * @throws FcnError (exit code 1) when the server does not have it, keeps failing, or sends something else: then the
 * part is removed.
 */
export async function download(
  file: PublishedFile,
  target: string,
  feedback: Feedback,
  patience: Patience = defaultPatience,
): Promise<void> {
  await makeFolder(path.dirname(target));
  const part = new PartialFile(target);
  await whileLocked(`${part.file}.lock`, `download of ${file.url} to ${target}`, () =>
    new Download(file, part, feedback, patience).run(),
  );
}

class Download {
  readonly #file: PublishedFile;
  readonly #part: PartialFile;
  readonly #feedback: Feedback;
  readonly #patience: Patience;
  /** Bytes that the part has now, and the most that it ever had. */
  #reached = 0;
  #furthest = 0;

  constructor(file: PublishedFile, part: PartialFile, feedback: Feedback, patience: Patience) {
    this.#file = file;
    this.#part = part;
    this.#feedback = feedback;
    this.#patience = patience;
  }

  async run(): Promise<void> {
    await this.#receiveAll();
    const difference = await differenceFrom(this.#file, this.#part.file);
    if (difference) throw await this.#discard(difference);
    await this.#part.complete();
  }

  /** Attempt after attempt, until the part is as long as the server says that the file is. */
  async #receiveAll(): Promise<void> {
    const { retryDelays } = this.#patience;
    for (let failures = 0; ; ) {
      const before = this.#furthest;
      try {
        return await this.#attempt();
      } catch (thrown) {
        if (!(thrown instanceof Interrupted)) throw thrown;
        if (this.#furthest > before) failures = 0;
        const delay = retryDelays[failures++];
        const what = `${thrown.message} (at byte ${this.#reached})`;
        if (delay === undefined) throw this.#gaveUp(what, thrown);
        this.#feedback.notice(`${this.#file.name}: ${what}; trying again in ${delay / 1000} s`);
        await sleep(delay);
      }
    }
  }

  /** Asks for what is missing and writes it to the part. */
  async #attempt(): Promise<void> {
    const { url } = this.#file;
    const beginning = await this.#part.beginning(url);
    this.#at(beginning?.bytes ?? 0, beginning?.total);
    if (beginning && beginning.bytes === beginning.total) return;
    // If-Range: the rest when it is still the same file, else all of it (RFC 9110, section 13.1.5).
    const ask: Record<string, string> = beginning
      ? { range: `bytes=${beginning.bytes}-`, 'if-range': beginning.validator }
      : {};
    const response = await httpGet(url, ask, this.#patience.stallTimeout);
    try {
      const status = response.statusCode!;
      if (status === 200) await this.#receiveWhole(response);
      else if (status === 206 || status === 416) await this.#receiveRest(response, beginning);
      else throw this.#refusal(status);
    } finally {
      response.destroy();
    }
  }

  async #receiveWhole(response: IncomingMessage): Promise<void> {
    const total = lengthOf(response);
    await this.#checkTotal(total);
    const origin = { url: this.#file.url, validator: validatorOf(response), total };
    await this.#write(response, await this.#part.begin(origin), 0, total);
  }

  async #receiveRest(response: IncomingMessage, beginning: Beginning | undefined): Promise<void> {
    const range = contentRangeOf(response);
    const continues =
      range !== undefined &&
      range.start === beginning?.bytes &&
      range.total === (beginning.total ?? range.total) &&
      (validatorOf(response) ?? beginning.validator) === beginning.validator;
    if (!continues) {
      await this.#part.remove();
      throw new Interrupted('the server sent a different part than requested');
    }
    await this.#checkTotal(range.total);
    await this.#write(response, await this.#part.continue(), range.start, range.total);
  }

  /** Writes a body to the part, from `start` on. */
  async #write(
    body: IncomingMessage,
    part: FileHandle,
    start: number,
    total: number | undefined,
  ): Promise<void> {
    const expected = total ?? this.#file.bytes;
    const most = expected ?? largestFile;
    let position = start;
    try {
      for await (const chunk of interruptible(body)) {
        if (position + chunk.length > most) throw await this.#discard(`got more than ${most} bytes`);
        position += await writeAt(part, chunk, position);
        this.#at(position, expected);
      }
      await flushToDisk(part.fd);
    } catch (thrown) {
      const known = thrown instanceof Interrupted || thrown instanceof FcnError;
      throw known ? thrown : diskFailure(`cannot write ${this.#part.file}`, thrown);
    } finally {
      await part.close();
    }
    if (expected !== undefined && position < expected) throw new Interrupted('the connection ended early');
  }

  async #checkTotal(total: number | undefined): Promise<void> {
    const { bytes, checksum } = this.#file;
    if (total === undefined) {
      if (bytes !== undefined || checksum !== undefined) return;
      throw await this.#discard(
        'got no Content-Length, expected one for a file without a published checksum',
      );
    }
    if (bytes !== undefined && total !== bytes) {
      throw await this.#discard(`got a file of ${total} bytes, expected ${bytes}`);
    }
    if (total > largestFile) throw await this.#discard(`got a file of ${total} bytes, expected fewer`);
  }

  #at(bytes: number, total: number | undefined): void {
    this.#reached = bytes;
    this.#furthest = Math.max(this.#furthest, bytes);
    if (bytes > 0) this.#feedback.progress(this.#file.name, bytes, total);
  }

  /** The server sends another file: nothing of it is kept. */
  async #discard(difference: string): Promise<FcnError> {
    await this.#part.remove();
    return failure(
      `download of ${this.#file.url}: ${difference}; this is not the published file, so it was removed`,
    );
  }

  #refusal(status: number): FcnError | Interrupted {
    // The server's own trouble passes; what it says of our request does not.
    const passes = status >= 500 || status === 429 || status === 408;
    if (passes) return new Interrupted(`HTTP status ${status}`);
    return failure(
      `download of ${this.#file.url}: got HTTP status ${status}, expected the file; ` +
        'get it somewhere else and pass it with --from',
    );
  }

  #gaveUp(what: string, reason: Interrupted): FcnError {
    return failure(
      `download of ${this.#file.url}: got ${what}, expected the whole file; run it again later to continue, ` +
        'or get the file yourself and pass it with --from',
      reason,
    );
  }
}

/** The chunks of a body; its errors are interruptions. */
async function* interruptible(body: IncomingMessage): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (thrown) {
    const aborted = (thrown as NodeJS.ErrnoException).code === 'ECONNRESET';
    throw new Interrupted(aborted ? 'the connection ended early' : reasonOf(thrown), { cause: thrown });
  }
}

async function writeAt(handle: FileHandle, chunk: Uint8Array, position: number): Promise<number> {
  for (let done = 0; done < chunk.length; ) {
    done += (await handle.write(chunk, done, chunk.length - done, position + done)).bytesWritten;
  }
  return chunk.length;
}
