/** An argument of a command that people are shown, so that they can paste it into a shell. */
export function inShell(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;
}
