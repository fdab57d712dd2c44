import path from 'node:path';
import { inputError } from '../../base/errors.ts';
import { listFolder } from '../../base/files.ts';
import type { OnUnusable } from './unusable.ts';

export const imageExtensions = ['.jpg', '.jpeg', '.png'];

/** The file of each id that has exactly one, from one look at the folder. The others are unusable. */
export async function findFiles(
  folder: string,
  extensions: readonly string[],
  ids: readonly string[],
  what: string,
  onUnusable: OnUnusable,
): Promise<Map<string, string>> {
  const names = new Map<string, string[]>();
  for (const name of await listFolder(folder, `${what} folder`)) {
    const extension = path.extname(name);
    if (!extensions.includes(extension.toLowerCase())) continue;
    const id = path.basename(name, extension);
    names.set(id, [...(names.get(id) ?? []), name]);
  }
  const missing = ids.filter((id) => !names.has(id));
  if (missing.length > 0) {
    const first = missing.slice(0, 3).join(', ') + (missing.length > 3 ? ', ...' : '');
    onUnusable(
      inputError(
        `data set: ${missing.length} of ${ids.length} ids have no ${what} in ${folder}: ${first}; expected ` +
          `ID${extensions.join(' or ID')} for each id of the split`,
      ),
      missing,
    );
  }
  const files = new Map<string, string>();
  for (const id of ids) {
    const [name, other] = names.get(id) ?? [];
    if (name && !other) files.set(id, path.join(folder, name));
    if (!other) continue;
    const problem = `${what} of '${id}' in ${folder}: got ${name} and ${other}, expected one file`;
    onUnusable(inputError(problem), [id]);
  }
  return files;
}
