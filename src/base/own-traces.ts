import { rm, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { checkLocks } from './locks/held-locks.ts';
import { isMissing } from './look.ts';

/** Work that makes files and folders, and what is known of it. */
export interface Traced {
  /** What it may have made before there is something to lose, folders before those in them. */
  readonly files: readonly string[];
  readonly folders: readonly string[];
  /** Does something while no other process works there. */
  readonly locked: <T>(work: () => Promise<T>) => Promise<T>;
  /** Whether there is something to lose. */
  readonly hasBegun: () => Promise<boolean>;
}

/**
 * Does some work. Where it fails before there is something to lose, everything is as it was before: files that it has made
 * are removed, and folders that are empty again. What was there before belongs to somebody and stays, whatever it is.
 */
export async function withoutTraces<T>(
  { files, folders, locked, hasBegun }: Traced,
  work: () => Promise<T>,
): Promise<T> {
  const ownFolders = folders.flatMap(missingDownTo);
  try {
    return await locked(async () => {
      const ownFiles = files.filter(isMissing);
      try {
        return await work();
      } catch (thrown) {
        // Why it failed matters more than what could not be removed.
        if (isStillLocked() && !(await hasBegun().catch(() => true)))
          for (const file of ownFiles) await rm(file, { force: true }).catch(() => undefined);
        throw thrown;
      }
    });
  } catch (thrown) {
    for (const folder of ownFolders.reverse()) await rmdir(folder).catch(() => undefined); // those that are not empty stay
    throw thrown;
  }
}

/** Whether no other process has taken a lock over meanwhile: then what is there is that one's. */
function isStillLocked(): boolean {
  try {
    checkLocks();
    return true;
  } catch {
    return false; // which the work has failed with
  }
}

/** A folder and those above it, as far as they are missing, outermost first. */
function missingDownTo(folder: string): string[] {
  const whole = path.resolve(folder);
  return isMissing(whole) ? [...missingDownTo(path.dirname(whole)), whole] : [];
}
