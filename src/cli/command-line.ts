/** The command that was typed, so that it can be typed again. */
export function commandLine(): string {
  return ['fcn', ...process.argv.slice(2).map(quoted)].join(' ');
}

function quoted(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;
}
