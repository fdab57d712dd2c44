/** The runs of a session: one at a time, in the order in which they were asked for. */
export class RunQueue {
  #last: Promise<void> = Promise.resolve();

  /**
   * Runs when all that came before has ended, well or badly. The run that waits behind it begins before the caller
   * learns of its end: what the caller does with the results happens meanwhile.
   */
  add(run: () => Promise<void>): Promise<void> {
    const result = this.#last.then(run, run);
    this.#last = result;
    return result.then(() => undefined);
  }

  /** Settles with the last run. How it ended was told to whoever asked for it. */
  async ended(): Promise<void> {
    await this.#last.catch(() => undefined);
  }
}
