import type { Feedback } from '../base/download/feedback.ts';
import { Progress } from './progress.ts';
import { say } from './say.ts';

/** Fetching on a terminal: a bar for each file, and a word on how to go on after Ctrl-C. */
class FetchProgress implements Feedback {
  #what = '';
  #total: number | undefined;
  #bar: Progress | undefined;
  #unit = 1;
  #shown = -1;

  progress(what: string, done: number, total: number | undefined): void {
    if (what !== this.#what || total !== this.#total) {
      this.end();
      this.#what = what;
      this.#total = total;
      this.#unit = (total ?? 1e9) < 1e7 ? 1e3 : 1e6;
      this.#bar = new Progress(what, this.#units(total), this.#unit === 1e3 ? 'kB' : 'MB', this.#units(done));
    }
    const units = done === total ? this.#units(total) : Math.floor(done / this.#unit);
    if (units !== this.#shown) this.#bar!.update(units);
    this.#shown = units;
  }

  notice(line: string): void {
    if (this.#bar) this.#bar.print(line);
    else say(line);
  }

  end(): void {
    this.#bar?.end();
    this.#bar = undefined;
  }

  #units(bytes = Number.POSITIVE_INFINITY): number {
    return Math.ceil(bytes / this.#unit);
  }
}

/** Runs work that fetches. The first Ctrl-C ends the process: what has been downloaded is continued the next time. */
export async function whileFetching<T>(work: (feedback: Feedback) => Promise<T>): Promise<T> {
  const feedback = new FetchProgress();
  const onSignal = () => {
    feedback.end();
    process.stderr.write('\ninterrupted; the same command continues the download\n');
    process.exit(130);
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  try {
    return await work(feedback);
  } finally {
    feedback.end();
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}
