import { hostname } from 'node:os';
import type { Worker } from 'node:worker_threads';
import { isRunning } from '../base/locks/owner.ts';
import { endNow } from '../base/mpi/end-now.ts';
import { findLauncher, type Launcher } from '../base/mpi/launcher.ts';
import type { Member } from '../base/mpi/members.ts';
import { startSmallThread } from '../base/small-thread.ts';
import { belongsToTerminal, leaveTerminal } from './hang-up.ts';

/** Milliseconds in which signals are one: npm and npx pass on a Ctrl-C that the terminal has sent to everyone. */
const sameKeypress = 400;

interface Interruption {
  readonly requested: () => boolean;
  readonly end: () => void;
}

/** Lets the first signal end the process, with a word. */
export function endAtSignal(message: string): Interruption {
  const onSignal = (signal: NodeJS.Signals) => {
    if (signal === 'SIGHUP') leaveTerminal();
    say(message);
    process.exit(130);
  };
  return on(endings(), onSignal, () => false);
}

/** Ends what watchPreparation has begun. */
let endPreparation = () => {};

/**
 * Until watchInterruption takes over, there is nothing to save yet: the first signal ends the process, with a word. What it has made
 * so far is removed when it exits (own-traces.ts). Launchers end their processes themselves.
 * @returns what ends the watch
 */
export function watchPreparation(message: string): () => void {
  if (findLauncher()) return () => {};
  const listener = startListener();
  const watch = endAtSignal(message);
  endPreparation = () => {
    watch.end();
    listener?.postMessage('end');
  };
  return endPreparation;
}

/**
 * Watches for Ctrl-C, a polite kill, and the end of the terminal. The first asks the work to stop where it can continue later; the second ends
 * the process at once.
 *
 * This thread hears signals between two pieces of work, which can take many seconds. So another one listens, too
 * (signal-thread.ts), and ends the process where this one does not come to it.
 */
export function watchInterruption(message: string, members: readonly Member[] = []): Interruption {
  const launcher = findLauncher();
  if (launcher) {
    return watchLauncher(launcher, () => {
      const lost = lostMember(members);
      say(lost ?? message);
      if (lost !== undefined) endNow(1);
    });
  }
  let requestedAt: number | undefined;
  const onSignal = (signal: NodeJS.Signals) => {
    const now = performance.now();
    if (signal === 'SIGHUP') leaveTerminal();
    if (requestedAt === undefined) {
      requestedAt = now;
      say(`${message}; press Ctrl-C again to stop at once`);
    } else if (now - requestedAt > sameKeypress && signal !== 'SIGHUP') {
      process.exit(130);
    }
  };
  const listener = startListener();
  const watch = on(endings(), onSignal, () => requestedAt !== undefined);
  endPreparation();
  return {
    ...watch,
    end() {
      watch.end();
      listener?.postMessage('end');
    },
  };
}

/** Node starts no TypeScript as a thread: where the program runs from its source, as in tests, there is none. */
function startListener(): Worker | undefined {
  if (!import.meta.url.endsWith('.js')) return undefined;
  return startSmallThread(new URL('./signal-thread.js', import.meta.url), { workerData: sameKeypress });
}

/** What asks a process to end. A terminal that is closed says so once or more often. */
function endings(): NodeJS.Signals[] {
  return ['SIGINT', 'SIGTERM', ...(belongsToTerminal() ? (['SIGHUP'] as const) : [])];
}

/** The same for a rank that has nothing to say. */
export function watchInterruptionQuietly(): Interruption {
  return watchLauncher(findLauncher(), () => {});
}

/** Milliseconds between two signs of life, and without one after which a process was suspended. */
const beat = 100;
const suspended = 1000;

/**
 * Below a launcher, which repeats its signals and ends the process itself. SIGUSR2 is for those that can be told to send it, such as
 * Slurm. Open MPI's mpirun begins to end its processes with SIGCONT, which comes a second before SIGTERM; to a process that was
 * suspended it means something else.
 */
function watchLauncher(launcher: Launcher | undefined, onFirst: () => void): Interruption {
  let requested = false;
  let lastBeat = performance.now();
  const timer = setInterval(() => (lastBeat = performance.now()), beat).unref();
  const onSignal = (signal: NodeJS.Signals) => {
    if (signal === 'SIGCONT' && performance.now() - lastBeat > suspended) return;
    if (!requested) onFirst();
    requested = true;
  };
  const ofOpenMpi = launcher?.family === 'open-mpi' ? (['SIGCONT'] as const) : [];
  const watch = on(['SIGINT', 'SIGTERM', 'SIGUSR2', ...ofOpenMpi], onSignal, () => requested);
  return {
    ...watch,
    end() {
      clearInterval(timer);
      watch.end();
    },
  };
}

function on(
  signals: readonly NodeJS.Signals[],
  onSignal: (signal: NodeJS.Signals) => void,
  requested: () => boolean,
): Interruption {
  for (const signal of signals) process.on(signal, onSignal);
  return {
    requested,
    end: () => {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}

/** A launcher also ends its processes when one of them has died. */
function lostMember(members: readonly Member[]): string | undefined {
  const rank = members.findIndex(({ host, pid }) => host === hostname() && !isRunning(pid));
  if (rank < 0) return undefined;
  return `fcn: rank ${rank} (process ${members[rank]!.pid} on ${hostname()}) was killed, so the whole job ends; continue with --resume`;
}

function say(message: string): void {
  process.stderr.write(`\n${message}\n`);
}
