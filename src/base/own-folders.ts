import { mkdirSync, rmdirSync } from 'node:fs';
import path from 'node:path';
import { FcnError } from './errors.ts';
import { diskFailure, makeFolder } from './files.ts';
import { isMissing } from './look.ts';

/** A folder and those above it, as far as they are missing, outermost first. */
export function missingDownTo(folder: string): string[] {
  const whole = path.resolve(folder);
  if (!isMissing(whole)) return [];
  const above = path.dirname(whole);
  return above === whole ? [whole] : [...missingDownTo(above), whole]; // a drive may be missing, too
}

/** Removes folders that are empty, innermost first; the others stay. @param folders outermost first */
export function removeEmpty(folders: readonly string[]): void {
  for (const folder of folders.toReversed()) {
    try {
      rmdirSync(folder);
    } catch {} // there is something in it, or it is gone
  }
}

/**
 * Makes the first of these folders that there is not, in one step, so that no other process gets the same, and does work in
 * it. If nothing is in it at the end, it is removed, and so are those above it that were made for it.
 * @param nameOf the folders by their number, from 1 on
 * @throws FcnError (exit code 1) when it cannot be made
 */
export async function inNewFolder<T>(
  nameOf: (number: number) => string,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  let number = 1;
  let made = await claim(nameOf(number));
  while (!made) made = await claim(nameOf(++number));
  const own = made;
  const remove = () => removeEmpty(own);
  process.prependListener('exit', remove); // Ctrl-C; what is begun later ends earlier
  try {
    return await work(nameOf(number));
  } finally {
    remove();
    process.off('exit', remove);
  }
}

/** @returns what was made, outermost first; nothing where something has the name already */
async function claim(folder: string): Promise<string[] | undefined> {
  if (!isMissing(folder)) return undefined;
  const made = missingDownTo(folder);
  try {
    await makeFolder(path.dirname(folder));
    mkdirSync(folder);
    return made;
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === 'EEXIST') return undefined;
    // Another process has made the one above, too, and has removed it since, as it was empty.
    if (code === 'ENOENT') return claim(folder);
    removeEmpty(made);
    throw thrown instanceof FcnError ? thrown : diskFailure(`cannot create the folder ${folder}`, thrown);
  }
}
