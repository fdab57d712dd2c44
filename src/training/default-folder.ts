import { existsSync } from 'node:fs';
import path from 'node:path';

/** The folder of a run for which none was named: runs/NAME after its data, or the first of runs/NAME-2, runs/NAME-3, ... that there is not. */
export function defaultFolder(data: string): string {
  const name = path.join('runs', nameOf(data));
  for (let number = 1; ; number++) {
    const folder = number === 1 ? name : `${name}-${number}`;
    if (!existsSync(folder)) return folder;
  }
}

/** The last part of a path without its extension; the scheme where there is no path: `shapes`. */
function nameOf(data: string): string {
  const [, scheme = '', rest = ''] = /^(?:([\w+]+):)?([^?]*)/.exec(data)!;
  const { name } = path.parse(rest === '' ? '' : path.resolve(rest));
  return name.replace(/^[.-]+/, '') || scheme || 'run';
}
