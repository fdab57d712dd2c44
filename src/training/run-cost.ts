/** The time and the memory that a run took, in all the processes that it was continued in. */
export class RunCost {
  readonly #began: number;
  readonly #peakBefore: number;

  /** @param before what a checkpoint says; none: nothing yet */
  constructor(before?: { readonly elapsedSeconds: number; readonly peakMemoryBytes: number }) {
    this.#began = performance.now() - 1000 * (before?.elapsedSeconds ?? 0);
    this.#peakBefore = before?.peakMemoryBytes ?? 0;
  }

  get elapsedSeconds(): number {
    return (performance.now() - this.#began) / 1000;
  }

  /** The most that one of the processes held (resident set). */
  get peakMemoryBytes(): number {
    return Math.max(this.#peakBefore, 1024 * process.resourceUsage().maxRSS);
  }
}
