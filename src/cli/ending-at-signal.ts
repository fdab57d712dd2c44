/**
 * Does work that cannot be continued later: the first Ctrl-C or polite kill ends the process, with a word. What it has made so far
 * is removed when it exits (whole-folder.ts).
 */
export async function endingAtSignal<T>(work: () => Promise<T>): Promise<T> {
  const onSignal = () => {
    process.stderr.write('\nstopped; nothing was left behind\n');
    process.exit(130);
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  try {
    return await work();
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}
