import { inShell } from '../base/shell.ts';

/** The command that was typed, so that it can be typed again. */
export function commandLine(): string {
  return ['fcn', ...process.argv.slice(2).map(inShell)].join(' ');
}
