import { closeSync, openSync, readdirSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { failure } from '../errors.ts';
import { diskFailure, makeFolder } from '../files.ts';
import { beat, judge, type Rhythm, stopBeating, usualRhythm } from './heartbeat.ts';
import { type HeldLock, hold, letGo } from './held-locks.ts';
import { describe, newOwner, parseOwner } from './owner.ts';

/** Milliseconds between two looks at the lock of a process that may be dead. */
const lookEvery = 100;

/**
 * Does work that only one process may do at a time, in the folder of the file, which is made: on this host, in other containers, on other hosts that share the
 * disk. The file says who does it; one that a dead process has left does not count. A process in sight is known to be dead
 * at once, one elsewhere when its heartbeat has been silent for as long as the rhythm says.
 * @param what the work, for messages: `run in DIR`
 * @throws FcnError (exit code 1) when another process is doing it, or the file cannot be written.
 */
export async function whileLocked<T>(
  file: string,
  what: string,
  work: () => Promise<T>,
  rhythm: Rhythm = usualRhythm,
): Promise<T> {
  const lock = await take(file, what, rhythm);
  removeClaims(lock);
  hold(lock);
  beat(file, lock.text, rhythm);
  const letGoOfIt = () => {
    letGo(lock);
    release(lock);
  };
  process.prependListener('exit', letGoOfIt); // Ctrl-C; what is begun later ends earlier
  try {
    return await work();
  } finally {
    stopBeating(file);
    letGoOfIt();
    process.off('exit', letGoOfIt);
  }
}

/** What is known of a process that locks this file: it works, or it died without unlocking, or there is none. */
export function lockOwner(file: string): 'working' | 'dead' | 'none' {
  const found = judge(file);
  if (!found) return 'none';
  return found.verdict === 'dead' ? 'dead' : 'working';
}

async function take(file: string, what: string, rhythm: Rhythm): Promise<HeldLock> {
  const lock = { file, what, text: JSON.stringify(newOwner()) };
  for (;;) {
    if (await createIn(file, lock.text)) return lock;
    const dead = await waitForVerdict(file, what, rhythm);
    if (dead !== undefined && (await takeOver(lock, dead, rhythm))) return lock;
  }
}

/**
 * The same for a file whose folder may be missing. Another process that gives up removes the folder as long as it is empty, also
 * between the two steps here.
 */
async function createIn(file: string, text: string, tries = 10): Promise<boolean> {
  try {
    await makeFolder(path.dirname(file));
    return create(file, text);
  } catch (thrown) {
    const { code } = ((thrown as Error).cause ?? {}) as NodeJS.ErrnoException;
    if (code === 'ENOENT' && tries > 1) return createIn(file, text, tries - 1);
    throw thrown;
  }
}

/** Makes the file if there is none, in one step on every disk, NFS included. */
function create(file: string, text: string): boolean {
  try {
    write(file, 'wx', text);
    return true;
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw diskFailure(`cannot write ${file}`, thrown);
  }
}

function write(file: string, flags: 'w' | 'wx', text: string): void {
  const descriptor = openSync(file, flags);
  try {
    writeSync(descriptor, text);
  } catch (thrown) {
    rmSync(file, { force: true }); // the disk is full
    throw thrown;
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Looks at a lock until it is clear whether its owner lives.
 * @returns the text of a dead one, undefined where the lock has gone
 * @throws FcnError where the owner lives
 */
async function waitForVerdict(file: string, what: string, rhythm: Rhythm): Promise<string | undefined> {
  const start = performance.now();
  let hasSaid = false;
  for (;;) {
    const found = judge(file, rhythm);
    if (!found) return undefined;
    const { text, verdict } = found;
    if (verdict === 'dead') return text;
    const owner = parseOwner(text);
    const who = owner ? describe(owner) : 'a process';
    if (verdict === 'alive') {
      throw failure(
        `${what}: ${who} is already working on it; wait for it, or remove ${file} if there is no such process`,
      );
    }
    if (!hasSaid && performance.now() - start > 1.5 * rhythm.every) {
      hasSaid = true;
      const seconds = Math.round(rhythm.silence / 1000);
      process.stderr.write(
        `warning: ${what}: ${who} was working on it; waiting ${seconds} s to see if it still is\n`,
      );
    }
    await sleep(lookEvery);
  }
}

/**
 * Replaces the lock of a dead owner. Whoever does so has a lock on that lock, which is named after it: of several that
 * have seen the same dead owner one gets it, and one that comes late finds that the lock is no longer the one it has seen.
 * @returns false where another has been faster
 */
async function takeOver({ file, what, text }: HeldLock, dead: string, rhythm: Rhythm): Promise<boolean> {
  const claim = await take(`${file}.${parseOwner(dead)?.token ?? 'unknown'}`, what, rhythm);
  try {
    if (contentOf(file) !== dead) return false;
    const temporary = `${claim.file}.tmp`;
    write(temporary, 'w', text);
    renameSync(temporary, file);
    return true;
  } catch (thrown) {
    throw diskFailure(`cannot write ${file}`, thrown);
  } finally {
    release(claim);
  }
}

function release({ file, text }: HeldLock): void {
  if (contentOf(file) === text) rmSync(file, { force: true });
}

/** Claims that processes have left which were killed in the middle: on locks of others, as the lock is ours now. */
function removeClaims({ file, text }: HeldLock): void {
  const [folder, base] = [path.dirname(file), path.basename(file)];
  for (const name of readdirSync(folder)) {
    const token = name.startsWith(`${base}.`) && claimPattern.exec(name.slice(base.length + 1))?.[1];
    if (token && token !== parseOwner(text)!.token) rmSync(path.join(folder, name), { force: true });
  }
}

/** What follows the lock's name in that of a claim: the token of a lock, and of a claim on the claim, and so on. */
const claimPattern = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d+|unknown)(\.|$)/;

function contentOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined; // gone; or not to be read, and then not known to be ours
  }
}
