import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import type { Worker } from 'node:worker_threads';
import { failure } from '../errors.ts';
import { causeOf } from '../files.ts';
import { startSmallThread } from '../small-thread.ts';
import { parseOwner, stateOf } from './owner.ts';

/** How a lock shows that its owner lives, to those who cannot see the process. */
export interface Rhythm {
  /** Milliseconds between two touches of the lock's file. */
  readonly every: number;
  /** Milliseconds without a touch after which the owner is taken for dead. Network disks show changes seconds later. */
  readonly silence: number;
}

export const usualRhythm: Rhythm = { every: 2000, silence: 20_000 };

/**
 * What the thread runs. As text, as Node starts no TypeScript. It touches a file only while it is the one that was
 * written: where another process has taken over, its lock must not seem alive by us.
 */
const beating = `
const { readFileSync, utimesSync } = require('node:fs');
const timers = new Map();
require('node:worker_threads').parentPort.on('message', ({ file, text, every }) => {
  clearInterval(timers.get(file));
  if (every) timers.set(file, setInterval(() => {
    try {
      if (readFileSync(file, 'utf8') === text) utimesSync(file, new Date(), new Date());
    } catch {} // the disk is away for a while, or the file: whoever writes next finds out
  }, every));
});
`;

let thread: Worker | undefined;

/** Touches a lock's file from now on, from a thread of its own: the main one can be busy for longer than the silence. */
export function beat(file: string, text: string, { every }: Rhythm): void {
  thread ??= startSmallThread(beating, { eval: true });
  thread.postMessage({ file, text, every });
}

export function stopBeating(file: string): void {
  thread?.postMessage({ file });
}

/** A lock's file as it was seen last, and since when it has been so, on the clock of this process. */
interface Sight {
  readonly text: string;
  readonly touched: bigint;
  readonly since: number;
}

const sights = new Map<string, Sight>();

export type Verdict = 'alive' | 'dead' | 'unknown';

/**
 * Whether the owner of a lock lives: by its process where that can be seen, else by its heartbeat. That is compared with
 * what was seen before, so that the clocks of the hosts do not matter; the first look at a foreign lock says `unknown`.
 * @returns undefined where there is no lock
 */
export function judge(
  file: string,
  { silence } = usualRhythm,
): { text: string; verdict: Verdict } | undefined {
  const found = look(file);
  if (!found) {
    sights.delete(file);
    return undefined;
  }
  const { text } = found;
  const owner = parseOwner(text);
  const state = owner ? stateOf(owner) : 'unknown';
  if (state !== 'unknown') return { text, verdict: state };
  const before = sights.get(file);
  if (before?.text !== text || before.touched !== found.touched) {
    const now = performance.now();
    sights.set(file, { ...found, since: now });
    // One that was seen long ago may have been touched, and died, since.
    const isFresh = before?.text === text && now - before.since <= silence;
    return { text, verdict: isFresh ? 'alive' : 'unknown' };
  }
  return { text, verdict: performance.now() - before.since > silence ? 'dead' : 'unknown' };
}

/** @throws FcnError (exit code 1) for what is no file, which no process of ours has made, or cannot be read */
function look(file: string): Omit<Sight, 'since'> | undefined {
  let descriptor: number;
  try {
    // Opening comes first: it makes a network disk ask the server instead of its cache (close-to-open consistency).
    descriptor = openSync(file, constants.O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    if (code === 'ELOOP') throw notOurs(file); // a symbolic link
    throw failure(
      `lock ${file}: cannot be read: ${causeOf(thrown)}; remove it if no other process is working there`,
      thrown,
    );
  }
  try {
    const found = fstatSync(descriptor, { bigint: true });
    if (!found.isFile()) throw notOurs(file);
    return { text: readFileSync(descriptor, 'utf8'), touched: found.mtimeNs };
  } finally {
    closeSync(descriptor);
  }
}

function notOurs(file: string): Error {
  return failure(
    `lock ${file}: got something that is not a file, expected one that fcn has written; remove it`,
  );
}

/** Windows has neither. */
const { O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;
