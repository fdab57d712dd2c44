import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { extract, type ReadEntry, type Unpack } from 'tar';
import { FcnError, inputError, reasonOf } from '../errors.ts';
import { causeOf, diskFailure } from '../files.ts';
import type { Feedback } from './feedback.ts';

export interface Limits {
  readonly bytes: number;
  readonly entries: number;
}

/** More than any data set of ours unpacks to. */
const defaultLimits: Limits = { bytes: 2 ** 35, entries: 1_000_000 };

/**
 * Unpacks a tar or tar.gz file into a folder that exists and is empty. Makes files and folders below it and nothing
 * else: an archive that asks for more is refused. Owners and permissions are not taken over.
 * @throws FcnError when the archive is damaged or refused (exit code 2) or the disk fails (exit code 1); what was
 * unpacked until then stays.
 */
export async function extractTar(
  archive: string,
  folder: string,
  feedback: Feedback,
  limits: Limits = defaultLimits,
): Promise<void> {
  const { size } = await stat(archive).catch((thrown) => {
    throw inputError(`cannot read ${archive}: ${causeOf(thrown)}`, thrown);
  });
  const inspect = inspector(limits);
  const input = createReadStream(archive, { highWaterMark: 1 << 20 });
  const refuse = (problem: string) =>
    unpack.abort(inputError(`${archive}: got ${problem}, expected files and folders of a data set`));
  const unpack: Unpack = extract({
    cwd: folder,
    preserveOwner: false,
    filter: (name, entry) => {
      const problem = inspect(name, entry as ReadEntry);
      if (problem) refuse(problem);
      return problem === undefined;
    },
    // tar would go on after what it cannot unpack. A data set with holes is worse than none.
    onwarn: (code, message, data) => {
      if (code !== 'TAR_ENTRY_INFO') unpack.abort(data instanceof Error ? data : new Error(String(message)));
    },
  });
  unpack.on('ignoredEntry', ({ path: name, type }) => refuse(`'${name}', which is a ${type}`)); // kinds it does not know
  try {
    await new Promise<void>((resolve, reject) => {
      unpack.on('error', reject).on('close', resolve);
      input.on('error', reject);
      input.on('data', () => feedback.progress(`unpacking ${path.basename(archive)}`, input.bytesRead, size));
      input.pipe(unpack);
    });
  } catch (thrown) {
    throw thrown instanceof FcnError ? thrown : explain(archive, folder, thrown);
  } finally {
    input.destroy();
  }
}

/** @returns a function that says what is wrong with an entry, in the order of the archive */
function inspector(limits: Limits): (name: string, entry: ReadEntry) => string | undefined {
  let bytes = 0;
  let entries = 0;
  return (name, entry) => {
    const what = `'${name}'`;
    // The system would take a name as it is up to the first NUL, if it took it at all.
    if (name.includes('\0')) return `${what}, a name with a NUL in it`;
    if (!['File', 'OldFile', 'ContiguousFile', 'Directory'].includes(entry.type)) {
      return `${what}, which is a ${entry.type}`; // a link, a device, a pipe
    }
    if (path.posix.isAbsolute(name) || path.win32.isAbsolute(name) || /^[a-z]:/i.test(name)) {
      return `${what}, an absolute path`;
    }
    if (name.split(/[\\/]/).includes('..')) return `${what}, a path that leaves the folder`;
    bytes += entry.size;
    if (bytes > limits.bytes) return `${what} and more than ${limits.bytes} bytes`;
    if (++entries > limits.entries) return `${what} and more than ${limits.entries} entries`;
    entry.mode = entry.type === 'Directory' ? 0o777 : 0o666; // the umask takes its part
    return undefined;
  };
}

function explain(archive: string, folder: string, thrown: unknown): FcnError {
  const code = (thrown as NodeJS.ErrnoException).code ?? '';
  const disk = ['ENOSPC', 'EDQUOT', 'EACCES', 'EPERM', 'EROFS', 'EIO', 'EMFILE'];
  if (disk.includes(code)) return diskFailure(`cannot unpack ${archive} into ${folder}`, thrown);
  return inputError(
    `${archive}: got a damaged archive (${reasonOf(thrown)}), expected a tar or tar.gz file`,
    thrown,
  );
}
