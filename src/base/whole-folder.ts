import { cpSync, readdirSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { FcnError } from './errors.ts';
import { diskFailure, makeFolder } from './files.ts';
import { isMissing, lookAt } from './look.ts';
import { missingDownTo, removeEmpty } from './own-folders.ts';
import { removeAbandoned, temporaryName } from './temporary-files.ts';

/**
 * Does some work in a temporary folder, which is removed when the work has ended, however it ends, and with it the folders that
 * were made for it and are empty.
 * @param name of the folder, without what tells whose it is
 * @param isNamed as in removeAbandoned
 */
export async function inTemporaryFolder(
  parent: string,
  name: string,
  work: (folder: string) => Promise<void>,
  isNamed?: (name: string) => boolean,
): Promise<void> {
  const made = missingDownTo(parent);
  const folder = temporaryName(path.join(parent, name));
  // Retries: what was being written when the work ended may still come.
  const removal = { recursive: true, force: true, maxRetries: 5 };
  const removeOnExit = () => {
    if (!isMissing(folder)) rmSync(folder, removal);
    removeEmpty(made);
  };
  process.prependListener('exit', removeOnExit); // Ctrl-C
  try {
    await makeFolder(parent);
    await removeAbandoned(parent, isNamed).catch(() => undefined); // gigabytes, but not what this process came for
    await mkdir(folder).catch((thrown) => {
      throw diskFailure(`cannot create the folder ${folder}`, thrown);
    });
    await work(folder);
  } finally {
    if (!isMissing(folder)) await rm(folder, removal);
    removeEmpty(made);
    process.off('exit', removeOnExit);
  }
}

/**
 * Fills a folder with all that some work writes or, when anything goes wrong, with nothing: the work is given a temporary folder
 * in it, from which all is moved at once.
 * @param out new or empty, unless files in it may be replaced
 * @throws FcnError (exit code 1) where something is in the way, or nothing can be written
 */
export async function fillWhole(
  out: string,
  mayReplace: boolean,
  write: (temporary: string) => Promise<void>,
): Promise<void> {
  await inTemporaryFolder(out, 'unfinished', async (temporary) => {
    await write(temporary);
    const placed: string[] = [];
    try {
      placeEntries(temporary, out, mayReplace, placed); // no signal is heard in between
    } catch (thrown) {
      for (const file of placed) rmSync(file, { recursive: true, force: true });
      throw thrown;
    }
  });
}

/** @param placed is told of what was not there before */
function placeEntries(from: string, to: string, mayReplace: boolean, placed: string[]): void {
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [from, to].map((folder) => path.join(folder, entry.name)) as [string, string];
    const found = lookAt(target);
    try {
      if (found === undefined) {
        const isNew = isMissing(target); // no link that points nowhere
        move(source, target);
        if (isNew) placed.push(target);
      } else if (!mayReplace) throw Object.assign(new Error('it is in the way'), { code: 'EEXIST' });
      else if (entry.isDirectory() && found.isDirectory()) placeEntries(source, target, mayReplace, placed);
      else move(source, realpathSync(target)); // links stay links
    } catch (thrown) {
      throw thrown instanceof FcnError ? thrown : diskFailure(`cannot write ${target}`, thrown);
    }
  }
}

/** Also to another disk, on which a linked folder may be. */
function move(source: string, target: string): void {
  try {
    renameSync(source, target);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'EXDEV') throw thrown;
    cpSync(source, target, { recursive: true });
  }
}
