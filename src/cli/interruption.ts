/** Milliseconds in which signals are one: npm and npx pass on a Ctrl-C that the terminal has sent to everyone. */
const sameKeypress = 500;

/**
 * Watches for Ctrl-C and a polite kill. The first asks the work to stop where it can continue later; the second ends
 * the process at once.
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
  return {
    requested: () => requestedAt !== undefined,
    end: () => void process.off('SIGINT', onSignal).off('SIGTERM', onSignal),
  };
}
