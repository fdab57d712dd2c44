/** Prints what the user should know but what does not end the work. */
export function warn(lines: readonly string[]): void {
  for (const line of lines) process.stderr.write(`warning: ${line}\n`);
}
