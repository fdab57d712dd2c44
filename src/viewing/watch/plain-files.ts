import { constants, lstatSync } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { inputError } from '../../base/errors.ts';

/** Windows has neither; there, links need rights that users do not have, and pipes are no files. */
const { O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;

/**
 * What is served comes from the run folder and from nowhere else: a symbolic link in it would lead to any file of the user's, and
 * whoever opens a pipe or a device may wait for ever.
 * @param folder may itself be a link: the user has named it
 * @throws FcnError for the first thing on the way from the folder to a file that is there and is no folder, or no file
 */
export function checkPlain(folder: string, files: readonly string[]): void {
  for (const file of files) {
    const names = path.relative(folder, file).split(path.sep);
    names.forEach((_, i) => {
      const place = path.join(folder, ...names.slice(0, i + 1));
      const found = lstatSync(place, { throwIfNoEntry: false });
      const expected = i === names.length - 1 ? 'file' : 'folder';
      if (!found || (expected === 'file' ? found.isFile() : found.isDirectory())) return;
      const got = found.isSymbolicLink() ? 'a symbolic link' : 'something else';
      throw inputError(
        `run ${folder}: got ${got} at ${place}, expected a ${expected}; a run with --watch may contain only its own files`,
      );
    });
  }
}

/** The bytes of a file below a folder. @returns undefined where there is none, or something that checkPlain refuses */
export async function readPlain(folder: string, file: string): Promise<Buffer | undefined> {
  try {
    checkPlain(folder, [file]);
    const handle = await open(file, constants.O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      return (await handle.stat()).isFile() ? await handle.readFile() : undefined;
    } finally {
      await handle.close();
    }
  } catch {
    return undefined; // for a page, what may not be read is not there
  }
}

/** Empties a file, or makes it, as readPlain reads it. @throws as checkPlain, and what the system says */
export async function touchPlain(folder: string, file: string): Promise<void> {
  checkPlain(folder, [file]);
  const { O_WRONLY, O_CREAT, O_TRUNC } = constants;
  await (await open(file, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK)).close();
}
