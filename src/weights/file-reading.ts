import { type FileHandle, open, stat } from 'node:fs/promises';
import { FcnError, inputError } from '../base/errors.ts';
import { causeOf } from '../base/files.ts';

/** What one system call reads: it fits into the processor's cache, where `onRead` finds it. */
const chunkBytes = 2 ** 21;

/**
 * Fills `target` with the bytes at `position`.
 * @param onRead sees all of them, in their order
 * @returns how many there were: fewer than asked at the end of the file
 */
export async function readFully(
  handle: FileHandle,
  target: Uint8Array,
  position: number,
  onRead?: (bytes: Uint8Array) => void,
): Promise<number> {
  let done = 0;
  while (done < target.length) {
    const length = Math.min(chunkBytes, target.length - done);
    const { bytesRead } = await handle.read(target, done, length, position + done);
    if (bytesRead === 0) break;
    onRead?.(target.subarray(done, done + bytesRead));
    done += bytesRead;
  }
  return done;
}

/**
 * Opens a file for `read`, and closes it.
 * @param format what it should be, for messages: `safetensors file`.
 * @throws FcnError naming the file when it cannot be read or is no regular file.
 */
export async function withFile<T>(
  file: string,
  format: string,
  read: (handle: FileHandle) => Promise<T>,
): Promise<T> {
  let handle: FileHandle | undefined;
  try {
    const found = await stat(file);
    if (found.isDirectory())
      throw inputError(
        `${format} ${file}: it is a folder, not a file; name a file in it, such as best.safetensors`,
      );
    if (!found.isFile()) throw inputError(`${format} ${file}: it is not a regular file`);
    handle = await open(file, 'r');
    return await read(handle);
  } catch (thrown) {
    if (thrown instanceof FcnError) throw thrown;
    throw inputError(`cannot read the ${format} ${file}: ${causeOf(thrown)}`, thrown);
  } finally {
    await handle?.close();
  }
}
