/** How whoever fetches tells what it is doing. */
export interface Feedback {
  /** `what` is at `done` of `total` bytes; the total may be unknown. */
  progress(what: string, done: number, total: number | undefined): void;
  /** One line worth reading. */
  notice(line: string): void;
}
