import { rmSync } from 'node:fs';
import { removeUnfinished } from './files.ts';
import { checkLocks } from './locks/held-locks.ts';
import { isMissing } from './look.ts';
import { missingDownTo, removeEmpty } from './own-folders.ts';

/** Work that makes files and folders, and what is known of it. */
export interface Traced {
  /** Where it works, and its lock is. */
  readonly folder: string;
  /** What it may have made there before there is something to lose, folders before those in them. */
  readonly files: readonly string[];
  readonly folders: readonly string[];
  /** Does something while no other process works there. */
  readonly locked: <T>(work: () => Promise<T>) => Promise<T>;
  /** Whether there is something to lose. */
  readonly hasBegun: () => boolean;
}

/**
 * Does some work. Where it fails before there is something to lose, or the process exits then, everything is as it was before:
 * files that it has made are removed, and folders that are empty again. What was there before belongs to somebody and stays,
 * whatever it is. So does what another process makes that has the lock: it is looked at and removed only under it.
 */
export async function withoutTraces<T>(
  { folder, files, folders, locked, hasBegun }: Traced,
  work: () => Promise<T>,
): Promise<T> {
  const around = missingDownTo(folder);
  // Whoever has the lock has it in there, so these are empty for nobody who does.
  const removeAround = () => removeEmpty(around);
  process.prependListener('exit', removeAround); // a second Ctrl-C; what is begun later ends earlier
  try {
    return await locked(async () => {
      const [ownFiles, ownFolders] = [files.filter(isMissing), folders.filter(isMissing)];
      const removeOwn = () => {
        if (!isStillLocked()) return;
        if (!wasBegun(hasBegun)) for (const file of ownFiles) removeQuietly(file);
        removeEmpty(ownFolders);
      };
      const onExit = () => {
        removeUnfinished(); // which would keep folders
        removeOwn();
      };
      process.prependListener('exit', onExit);
      try {
        return await work();
      } catch (thrown) {
        removeOwn();
        throw thrown;
      } finally {
        process.off('exit', onExit);
      }
    });
  } catch (thrown) {
    removeAround();
    throw thrown;
  } finally {
    process.off('exit', removeAround);
  }
}

/** What cannot be told is not removed. */
function wasBegun(hasBegun: () => boolean): boolean {
  try {
    return hasBegun();
  } catch {
    return true;
  }
}

/** Why the work failed matters more than what could not be removed. */
function removeQuietly(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {}
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
