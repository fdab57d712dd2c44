/**
 * Watches for Ctrl-C and a polite kill. The first asks the work to stop where it can continue later; the second ends
 * the process at once.
 */
export function watchInterruption(message: string): { requested: () => boolean; end: () => void } {
  let requested = false;
  const onSignal = () => {
    if (requested) process.exit(130);
    requested = true;
    process.stderr.write(`\n${message}\n`);
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  return {
    requested: () => requested,
    end: () => void process.off('SIGINT', onSignal).off('SIGTERM', onSignal),
  };
}
