/** Runs of a session, or other work, one at a time, in the order in which they were asked for. */
export class RunQueue {
  #last: Promise<unknown> = Promise.resolve();

  /**
   * Runs when all that came before has ended, well or badly. The run that waits behind it begins before the caller
   * learns of its end: what the caller does with the results happens meanwhile.
   */
  add<T>(run: () => Promise<T>): Promise<T> {
    const result = this.#last.then(run, run);
    this.#last = result;
    return result.then((value) => value);
  }

  /** Settles with the last run. How it ended was told to whoever asked for it. */
  async ended(): Promise<void> {
    await this.#last.catch(() => undefined);
  }
}
