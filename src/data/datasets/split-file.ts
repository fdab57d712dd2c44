import { existsSync } from 'node:fs';
import path from 'node:path';
import { inputError } from '../../base/errors.ts';
import { listFolder } from '../../base/files.ts';
import { eachTextLine, readText } from '../../base/text.ts';
import { isLeftBehind } from './file-index.ts';
import { type OnUnusable, refuseUnusable } from './unusable.ts';

/**
 * The splits of a folder: its lists, without the extension.
 * @param kinds extensions of lists
 */
export async function listSplits(folder: string, kinds: readonly string[] = ['.txt']): Promise<string[]> {
  const names = await listFolder(folder, 'folder of splits');
  const files = names.filter((name) => kinds.includes(path.extname(name)) && !isLeftBehind(name));
  return [...new Set(files.map((name) => path.parse(name).name))].sort();
}

/**
 * The ids of a split, one from each line of FOLDER/SPLIT.txt: by default the first word, since VOC's class lists have a
 * second column. Blank lines and comments (#) do no harm.
 * @throws FcnError when there is no such split (naming those there are), when it is empty, or when an id occurs twice.
 */
export async function readSplit(
  folder: string,
  split: string,
  onUnusable: OnUnusable = refuseUnusable,
  idOfLine: (line: string) => string = firstWord,
  kinds: readonly string[] = ['.txt'],
): Promise<string[]> {
  const splits = await listSplits(folder, kinds);
  if (!splits.includes(split)) {
    throw inputError(
      `split '${split}': not in ${folder}, expected one of: ${splits.join(', ') || '(none there)'}`,
    );
  }
  const files = kinds.map((kind) => path.join(folder, `${split}${kind}`));
  const file = files.find((one) => existsSync(one))!;
  const ids = new Set<string>();
  const repeated = new Set<string>();
  let isFirst = true;
  for (const line of eachTextLine(await readText(file, 'split'), `split ${file}`)) {
    if (line === '' || line.startsWith('#')) continue;
    const isHeader = isFirst && header.test(line);
    isFirst = false;
    if (isHeader) continue;
    const id = idOfLine(line);
    if (ids.has(id) && !repeated.has(id)) {
      repeated.add(id);
      onUnusable(inputError(`split ${file}: got '${id}' twice, expected each id once; remove the copies`), [
        id,
      ]);
    }
    ids.add(id);
  }
  if (ids.size === 0) throw inputError(`split ${file}: it is empty, expected one image id per line`);
  return [...ids];
}

/** The titles of two columns: `image,mask`. */
const header =
  /^(image|img|photo|file|file_?name|path|id)s?(_?(path|file|name|id))?\s*[,;\t]\s*(mask|label|annotation|gt|seg)\w*$/i;

function firstWord(line: string): string {
  return line.split(/\s+/)[0]!;
}
