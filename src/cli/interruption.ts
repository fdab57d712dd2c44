import { Worker } from 'node:worker_threads';

/** Milliseconds in which signals are one: npm and npx pass on a Ctrl-C that the terminal has sent to everyone. */
const sameKeypress = 400;

/**
 * Watches for Ctrl-C and a polite kill. The first asks the work to stop where it can continue later; the second ends
 * the process at once.
 *
 * This thread hears signals between two pieces of work, which can take many seconds. So another one listens, too
 * (signal-thread.ts), and ends the process where this one does not come to it.
 */
export function watchInterruption(message: string): { requested: () => boolean; end: () => void } {
  let requestedAt: number | undefined;
  const onSignal = () => {
    const now = performance.now();
    if (requestedAt === undefined) {
      requestedAt = now;
      process.stderr.write(`\n${message}\n`);
    } else if (now - requestedAt > sameKeypress) {
      process.exit(130);
    }
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  // Compiled: Node starts no TypeScript.
  const listener = new Worker(new URL('./signal-thread.js', import.meta.url), { workerData: sameKeypress });
  listener.unref();
  return {
    requested: () => requestedAt !== undefined,
    end() {
      process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
      listener.postMessage('end');
    },
  };
}
