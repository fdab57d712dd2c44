import { fstatSync, fsync, rmSync } from 'node:fs';
import { mkdir, open, readdir, readFile, readlink, realpath, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { FcnError, failure, inputError, reasonOf } from './errors.ts';
import { checkLocks } from './locks/held-locks.ts';
import { lookAt } from './look.ts';
import { removeAbandoned, temporaryName } from './temporary-files.ts';

/** What a file is made of, piece by piece. */
export type Parts = Iterable<Uint8Array | string> | AsyncIterable<Uint8Array | string>;

/**
 * Writes a file so that whoever looks sees the old content or the new, never a part: the parts go to a temporary
 * file beside it, are flushed to the disk, and the file is renamed into place. On failure nothing is left behind.
 * A symbolic link stays one. What is no file (/dev/null, a pipe) cannot be replaced and is written to as it is, and `-` is
 * standard output.
 * @throws FcnError (exit code 1) when the disk is full or the folder cannot be written.
 */
export async function writeFileAtomic(file: string, parts: Parts): Promise<void> {
  if (isStandardOutput(file)) return writeStandardOutput(parts);
  try {
    const before = await stat(file).catch(() => undefined);
    if (before && !before.isFile() && !before.isDirectory()) await writeParts(file, parts);
    else {
      const target = before ? await realpath(file) : await behindLinks(file);
      await replaceFile(target, (temporary) => writeParts(temporary, parts, { flush: true }));
      await flushFolder(path.dirname(target));
    }
  } catch (thrown) {
    if (thrown instanceof FcnError) throw thrown; // whatever made the parts failed, and not the disk
    throw diskFailure(`cannot write ${file}`, thrown);
  }
}

/** As `writeFileAtomic`, in a folder that is made if there is none. */
export async function writeOutput(file: string, parts: Parts): Promise<void> {
  if (!isStandardOutput(file)) await makeFolder(path.dirname(file));
  await writeFileAtomic(file, parts);
}

/** The name that a symbolic link stands for while nothing is there; the name itself where it is none. */
async function behindLinks(file: string): Promise<string> {
  const target = await readlink(file).catch(() => undefined); // no link
  return target === undefined ? file : path.resolve(path.dirname(file), target);
}

/** Whether a name is that of standard output: `-`, a name of the system for it, or the file that it goes to. */
export function isStandardOutput(file: string): boolean {
  if (['-', '/dev/stdout', '/dev/fd/1', '/proc/self/fd/1'].includes(file)) return true;
  const [named, output] = [lookAt(file), fstatSync(1)];
  return named?.isFile() === true && named.dev === output.dev && named.ino === output.ino;
}

/** Errors of the stream are those of the program's own output. */
async function writeStandardOutput(parts: Parts): Promise<void> {
  for await (const part of parts) await new Promise<unknown>((done) => process.stdout.write(part, done));
}

/** Writes a value as JSON for people, as `writeFileAtomic` does. */
export async function writeJson(file: string, value: unknown): Promise<void> {
  await writeFileAtomic(file, [inJson(value)]);
}

/** A value as JSON for people. */
export function inJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** Files that are being written, to be removed should the process exit in the middle (a second Ctrl-C). */
const temporaries = new Set<string>();
process.on('exit', removeUnfinished);

/** Removes what is being written: for a process that exits. */
export function removeUnfinished(): void {
  for (const file of temporaries) rmSync(file, { force: true });
}

/** Folders in which this process has looked for what killed ones have left. */
const tidied = new Set<string>();

async function tidy(folder: string): Promise<void> {
  if (tidied.has(folder)) return;
  tidied.add(folder);
  await removeAbandoned(folder).catch(() => undefined); // it is not what this process came for
}

/** Puts what `write` writes to a temporary file beside `file` in its place when it is whole. */
export async function replaceFile(file: string, write: (temporary: string) => Promise<void>): Promise<void> {
  await tidy(path.dirname(file));
  const temporary = temporaryName(file);
  temporaries.add(temporary);
  try {
    await write(temporary);
    checkLocks();
    await rename(temporary, file);
  } catch (thrown) {
    await rm(temporary, { force: true }).catch(() => undefined); // why it could not be written matters more
    throw thrown;
  } finally {
    temporaries.delete(temporary);
  }
}

/** Waits until the names in a folder are on the disk, too: without it a power cut can bring the old ones back. */
async function flushFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return; // opens no folders
  const handle = await open(folder, 'r');
  try {
    await flushToDisk(handle.fd);
  } catch (thrown) {
    // Disks that cannot, as some network disks, need not.
    if (!['EINVAL', 'ENOTSUP'].includes((thrown as NodeJS.ErrnoException).code ?? '')) throw thrown;
  } finally {
    await handle.close();
  }
}

async function writeParts(file: string, parts: Parts, { flush = false } = {}) {
  const handle = await open(file, 'w');
  try {
    for await (const part of parts) await handle.writeFile(part);
    if (flush) await flushToDisk(handle.fd);
  } finally {
    await handle.close();
  }
}

/** Waits until the disk has what was written to an open file. (`sync` of a file's handle is missing under Yarn's Plug'n'Play.) */
export const flushToDisk: (descriptor: number) => Promise<void> = promisify(fsync);

/** Creates a folder and those above it. @throws FcnError (exit code 1) when that is not possible. */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await makeFolders(folder || '.');
  } catch (thrown) {
    throw diskFailure(`cannot create the folder ${folder}`, thrown);
  }
}

/**
 * As mkdir's own `recursive`, which never ends where a folder exists but takes none, as /proc does. The path is taken as it is
 * written: what a link that is followed by `..` means is for the system to say.
 */
async function makeFolders(folder: string): Promise<void> {
  const orIsThere = async (thrown: unknown) => {
    if (!(await isFolder(folder))) throw thrown;
  };
  try {
    await mkdir(folder);
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code !== 'ENOENT' || path.dirname(folder) === folder) return orIsThere(thrown);
    await makeFolders(path.dirname(folder));
    await mkdir(folder).catch(orIsThere);
  }
}

async function isFolder(file: string): Promise<boolean> {
  return stat(file).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** The bytes of a file the user named. `what` says what it is, for the message ("label image", "weights file"). */
export async function readInput(file: string, what: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (thrown) {
    throw inputError(`cannot read the ${what} ${file}: ${causeOf(thrown)}`, thrown);
  }
}

/** The entries of a folder the user named. `what` says what it is, for the message. */
export async function listFolder(folder: string, what: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (thrown) {
    throw inputError(`cannot read the ${what} ${folder}: ${causeOf(thrown)}`, thrown);
  }
}

/** Removes a file where there is one. @throws FcnError (exit code 1) when that is not possible, as where it is a folder */
export async function removeFile(file: string): Promise<void> {
  await rm(file, { force: true }).catch((thrown) => {
    throw diskFailure(`cannot remove ${file}`, thrown);
  });
}

/** File name without folder and extension: the id of an image. */
export function idOf(file: string): string {
  return path.basename(file, path.extname(file));
}

/** The error of a write that failed, with the reason in words. */
export function diskFailure(what: string, thrown: unknown): FcnError {
  return failure(`${what}: ${causeOf(thrown)}`, thrown);
}

/**
 * What to say of a file or folder that is not there. Bytes of a name that are no UTF-8 come to Node as U+FFFD, so that it looks
 * for another name.
 */
export function whyMissing(file: string, usual = 'there is no such file or folder'): string {
  return file.includes('\uFFFD') ? 'its name is not UTF-8, so it cannot be opened; rename it' : usual;
}

const tooManyFiles = 'too many files are open; raise their limit (ulimit -n)';

/** Why the system refused a file, in words. */
export function causeOf(thrown: unknown): string {
  const { code, path: file } = (thrown ?? {}) as NodeJS.ErrnoException;
  const known: Record<string, string> = {
    ENOENT: whyMissing(`${file}`),
    ENOSPC: 'the disk is full',
    EDQUOT: 'the disk quota is used up',
    EMFILE: tooManyFiles,
    ENFILE: tooManyFiles,
    EACCES: 'permission denied',
    EPERM: 'permission denied',
    EROFS: 'the disk is read-only',
    EISDIR: 'it is a folder',
    ERR_FS_EISDIR: 'it is a folder',
    ENOTDIR: 'part of the path is a file, not a folder',
    ENAMETOOLONG: 'the name is too long',
    EEXIST: 'a file with that name is in the way',
  };
  return (code && known[code]) || reasonOf(thrown);
}
