/** The runs of a session: one at a time, in the order in which they were asked for. */
export class RunQueue {
  #last: Promise<void> = Promise.resolve();

  /** Runs when all that came before has ended, well or badly. */
  add(run: () => Promise<void>): Promise<void> {
    this.#last = this.#last.then(run, run);
    return this.#last;
  }

  /** Settles with the last run. How it ended was told to whoever asked for it. */
  async ended(): Promise<void> {
    await this.#last.catch(() => undefined);
  }
}
