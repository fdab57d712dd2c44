import { endAtSignal } from './interruption.ts';

/**
 * Does work that cannot be continued later: the first Ctrl-C or polite kill ends the process, with a word. What it has made so far
 * is removed when it exits (whole-folder.ts).
 */
export async function endingAtSignal<T>(work: () => Promise<T>): Promise<T> {
  const watch = endAtSignal('stopped; nothing was left behind');
  try {
    return await work();
  } finally {
    watch.end();
  }
}
