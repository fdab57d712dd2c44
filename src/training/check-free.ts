import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type FcnError, inputError } from '../base/errors.ts';
import { parseOwner } from '../base/locks/owner.ts';
import { isMissing, lookAt } from '../base/look.ts';

/** Says of a name that is taken whether nothing is lost when a run takes it. */
export type IsFree = (file: string) => boolean | Promise<boolean>;

/** The files that a run takes. */
export type Names = ReadonlyMap<string, IsFree>;

/** Of a name that may not be taken at all. */
export const never: IsFree = () => false;

/** Of a lock: some process of ours has it, or had it. */
export function isLock(file: string): boolean {
  return lookAt(file)?.isFile() === true && parseOwner(readFileSync(file, 'utf8')) !== undefined;
}

/** Of a folder: it holds nothing but what `mayHold` allows. */
export function holdsOnly(mayHold: (name: string) => boolean): IsFree {
  return (folder) => lookAt(folder)?.isDirectory() === true && readdirSync(folder).every(mayHold);
}

/**
 * Checks that a run that begins in a folder overwrites nothing there. Other files may be in it.
 * @throws FcnError (exit code 2) naming the first name that is taken
 */
export async function checkFree(folder: string, names: Names): Promise<void> {
  if (lookAt(folder)?.isDirectory() === false)
    throw inputError(`--out: got ${folder}, which is a file, expected a folder; choose another name`);
  for (const [file, isFree] of names) {
    if (isMissing(file)) continue;
    if (lookAt(file) && (await isFree(file))) continue;
    throw inputError(
      `--out: got ${folder}, where ${path.relative(folder, file)} exists and belongs to no run that could start there, expected a folder ` +
        'without it; choose another folder, or move it away',
    );
  }
}

/** Says that a folder which was free when it was chosen no longer is. */
export function begunMeanwhile(folder: string): FcnError {
  return inputError(
    `--out: got ${folder}, in which another process has trained meanwhile, expected a new folder; choose another name`,
  );
}
