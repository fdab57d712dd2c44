import path from 'node:path';
import { inputError } from '../../base/errors.ts';
import { FileIndex } from './file-index.ts';
import type { OnUnusable } from './unusable.ts';

export { imageExtensions } from './file-index.ts';

/** The file of each id that has exactly one, from one look at the folder. The others are unusable. */
export async function findFiles(
  folder: string,
  extensions: readonly string[],
  ids: readonly string[],
  what: string,
  onUnusable: OnUnusable,
): Promise<Map<string, string>> {
  const index = await FileIndex.read(folder, extensions, what);
  return filesOf(ids, index, (id) => index.filesOf(id), { what, extensions, onUnusable });
}

export interface Wanted {
  /** For messages: `image`, `mask`. */
  readonly what: string;
  readonly extensions: readonly string[];
  readonly onUnusable: OnUnusable;
}

/** The file of each id that has exactly one, as `find` tells, paths below the folder. The others are unusable. */
export function filesOf(
  ids: readonly string[],
  { folder, unreadable }: FileIndex,
  find: (id: string) => readonly string[],
  { what, extensions, onUnusable }: Wanted,
): Map<string, string> {
  const found = new Map(ids.map((id) => [id, find(id)]));
  const missing = ids.filter((id) => found.get(id)!.length === 0);
  if (missing.length > 0) {
    const first = missing.slice(0, 3).join(', ') + (missing.length > 3 ? ', ...' : '');
    const [usual, ...others] = extensions;
    const or = others.length > 0 ? ` (or ${others.join(', ')})` : '';
    onUnusable(
      inputError(
        `data set: ${missing.length} of ${ids.length} ids have no ${what} in ${folder}: ${first}; expected ` +
          `ID${usual}${or} for each id of the split${unreadable && `; there are ${unreadable}`}; add what is missing, or take these ids out of the split`,
      ),
      missing,
    );
  }
  const files = new Map<string, string>();
  for (const [id, [name, other]] of found) {
    if (name && !other) files.set(id, path.join(folder, name));
    if (!other) continue;
    const problem = `${what} of '${id}' in ${folder}: got ${name} and ${other}, expected one file`;
    onUnusable(inputError(problem), [id]);
  }
  return files;
}
