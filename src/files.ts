import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { type FcnError, failure, inputError, reasonOf } from './errors.ts';

/**
 * Writes a file so that whoever looks sees the old content or the new, never a part: the parts go to a temporary
 * file beside it, are flushed to the disk, and the file is renamed into place. On failure nothing is left behind.
 * @throws FcnError (exit code 1) when the disk is full or the folder cannot be written.
 */
export async function writeFileAtomic(file: string, parts: Iterable<Uint8Array | string>): Promise<void> {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    const handle = await open(temporary, 'w');
    try {
      for (const part of parts) await handle.writeFile(part);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (thrown) {
    await rm(temporary, { force: true });
    throw diskFailure(`cannot write ${file}`, thrown);
  }
}

/** Creates a folder and those above it. @throws FcnError (exit code 1) when that is not possible. */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (thrown) {
    throw diskFailure(`cannot create the folder ${folder}`, thrown);
  }
}

/** The bytes of a file the user named. `what` says what it is, for the message ("label image", "weights file"). */
export async function readInput(file: string, what: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (thrown) {
    throw inputError(`cannot read the ${what} ${file}: ${causeOf(thrown)}`, thrown);
  }
}

/** File name without folder and extension: the id of an image. */
export function idOf(file: string): string {
  return path.basename(file, path.extname(file));
}

/** The error of a write that failed, with the reason in words. */
export function diskFailure(what: string, thrown: unknown): FcnError {
  return failure(`${what}: ${causeOf(thrown)}`, thrown);
}

/** Why the system refused a file, in words. */
export function causeOf(thrown: unknown): string {
  const code = (thrown as NodeJS.ErrnoException | undefined)?.code;
  const known: Record<string, string> = {
    ENOENT: 'there is no such file or folder',
    ENOSPC: 'the disk is full',
    EDQUOT: 'the disk quota is used up',
    EACCES: 'permission denied',
    EPERM: 'permission denied',
    EROFS: 'the disk is read-only',
    EISDIR: 'it is a folder',
    ENOTDIR: 'a part of the path is a file, not a folder',
    EEXIST: 'a file of that name is in the way',
  };
  return (code && known[code]) || reasonOf(thrown);
}
