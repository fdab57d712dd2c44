import { lstatSync, type Stats, statSync } from 'node:fs';

/** What is at a path, through symbolic links; undefined where nothing is, or nothing can be. */
export function lookAt(file: string): Stats | undefined {
  try {
    return statSync(file, { throwIfNoEntry: false });
  } catch {
    return undefined; // below what is no folder, or one that may not be looked into
  }
}

/** Tells a file from all others, whatever it is called: the same for links to it; undefined where there is none. */
export function identityOf(file: string): string | undefined {
  try {
    const found = statSync(file, { bigint: true, throwIfNoEntry: false });
    return found && `${found.dev}:${found.ino}`;
  } catch {
    return undefined;
  }
}

/** Whether a name is free: not even a symbolic link that points nowhere has it. */
export function isMissing(file: string): boolean {
  try {
    return lstatSync(file, { throwIfNoEntry: false }) === undefined;
  } catch {
    return true;
  }
}
