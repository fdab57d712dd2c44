let isQuiet = false;

/** `--quiet`: nothing but errors and warnings on standard error from now on. */
export function beQuiet(): void {
  isQuiet = true;
}

/** Whether what goes on is to be shown. */
export function isTalkative(): boolean {
  return !isQuiet;
}

/** Says what goes on, a line on standard error, unless the user wants it quiet. */
export function say(line: string): void {
  if (isTalkative()) process.stderr.write(`${line}\n`);
}
