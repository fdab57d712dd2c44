import { isatty } from 'node:tty';

/**
 * Lets a command outlive the terminal where it has nothing to do with it: nohup asks for that, but Node gives every signal its default
 * effect when it starts. What reads from the terminal or writes to it ends, as everywhere.
 */
export function outliveTerminal(): void {
  if ([0, 1, 2].some(isatty)) return; // standard input, output and error
  process.on('SIGHUP', () => {});
}
