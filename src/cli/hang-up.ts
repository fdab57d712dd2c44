import { isatty } from 'node:tty';
import { endWithoutNode } from '../base/mpi/end-now.ts';

/** Whether the program reads from a terminal or writes to one. */
export function belongsToTerminal(): boolean {
  return [0, 1, 2].some(isatty); // standard input, output and error
}

/**
 * Lets a command outlive the terminal where it does not belong to it: nohup asks for that, but Node gives every signal its default
 * effect when it starts. Others end with the terminal, as everywhere; trainings save first (interruption.ts).
 */
export function outliveTerminal(): void {
  if (!belongsToTerminal()) process.on('SIGHUP', () => {});
}

/** To be called when the terminal is closed: at the end, Node sets it to what it was, and aborts where it is gone. */
export function leaveTerminal(): void {
  if (process.platform !== 'win32') process.once('exit', endWithoutNode);
}
