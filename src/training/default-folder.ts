import { existsSync } from 'node:fs';
import path from 'node:path';
import { inNewFolder } from '../base/own-folders.ts';

/** The folder of a run for which none was named: runs/NAME after its data, or the first of runs/NAME-2, runs/NAME-3, ... that there is not. */
export function defaultFolder(data: string): string {
  for (let number = 1; ; number++) {
    const folder = numbered(data, number);
    if (!existsSync(folder)) return folder;
  }
}

/**
 * Does work in the default folder, which is made now, so that two processes that start at once have one each. It is removed
 * again where the work leaves nothing in it.
 */
export async function inDefaultFolder<T>(data: string, work: (folder: string) => Promise<T>): Promise<T> {
  return inNewFolder((number) => numbered(data, number), work);
}

function numbered(data: string, number: number): string {
  const name = path.join('runs', nameOf(data));
  return number === 1 ? name : `${name}-${number}`;
}

/** The last part of a path without its extension; the scheme where there is no path: `shapes`. */
function nameOf(data: string): string {
  const [, scheme = '', rest = ''] = /^(?:([\w+]+):)?([^?]*)/.exec(data)!;
  const { name } = path.parse(rest === '' ? '' : path.resolve(rest));
  return name.replace(/^[.-]+/, '') || scheme || 'run';
}
