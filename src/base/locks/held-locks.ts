import { readFileSync } from 'node:fs';
import { failure, reasonOf } from '../errors.ts';
import { describe, parseOwner } from './owner.ts';

/** A lock that this process has. */
export interface HeldLock {
  readonly file: string;
  /** What it guards, for messages: `run in DIR`. */
  readonly what: string;
  /** The content of the file while the lock is ours. */
  readonly text: string;
}

const held = new Set<HeldLock>();

export function hold(lock: HeldLock): void {
  held.add(lock);
}

export function letGo(lock: HeldLock): void {
  held.delete(lock);
}

/**
 * To be called before anything is written that a lock guards: a process that was suspended for long (a laptop's lid, a
 * paused container) may come back when another has taken its work over.
 * @throws FcnError (exit code 1) when a lock that this process took is no longer its own
 */
export function checkLocks(): void {
  for (const { file, what, text } of held) {
    const now = read(file, what);
    if (now === text) continue;
    const owner = now === undefined ? undefined : parseOwner(now);
    const taker = owner ? `${describe(owner)} has taken over` : `${file} is no longer there`;
    throw failure(
      `${what}: got suspended or cut off from the disk for too long, and ${taker}; this process ends without writing any more`,
    );
  }
}

function read(file: string, what: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw failure(`${what}: cannot read ${file}: ${reasonOf(thrown)}`, thrown);
  }
}
