/**
 * An error whose message is meant for the person at the keyboard: one line,
 * `WHAT: got X, expected Y; do Z`. The command line prints it without a stack trace.
 */
export class FcnError extends Error {
  /** Exit code of the command line: 2 for bad input or usage, 1 for a failure inside (disk, runtime). */
  readonly exitCode: 1 | 2;

  constructor(message: string, exitCode: 1 | 2, options?: ErrorOptions) {
    // File names and file contents that messages quote may hold anything: no line breaks, no terminal commands.
    super(shortened(message).replace(/\s*[\p{Cc}\u2028\u2029]+\s*/gu, ' '), options);
    this.name = 'FcnError';
    this.exitCode = exitCode;
  }
}

/** What the user gave cannot be used: a missing file, a bad value, an unknown name. Exit code 2. */
export function inputError(message: string, cause?: unknown): FcnError {
  return new FcnError(message, 2, { cause });
}

/** Something failed that the user's input did not cause: disk full, no permission, the runtime. Exit code 1. */
export function failure(message: string, cause?: unknown): FcnError {
  return new FcnError(message, 1, { cause });
}

/** The message of anything thrown, for use inside another message. */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** Without the middle where it is longer than anybody reads: what messages quote may be a line of a whole file. */
function shortened(message: string): string {
  const [start, end] = [6000, 1000];
  return message.length > start + end ? `${message.slice(0, start)} ... ${message.slice(-end)}` : message;
}
