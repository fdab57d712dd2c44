import path from 'node:path';
import { inputError } from '../errors.ts';
import { listFolder, readInput } from '../files.ts';
import { type OnUnusable, refuseUnusable } from './unusable.ts';

/** The splits of a folder: its text files, without the extension. */
export async function listSplits(folder: string): Promise<string[]> {
  const files = (await listFolder(folder, 'folder of splits')).filter((name) => name.endsWith('.txt'));
  return files.map((name) => path.basename(name, '.txt')).sort();
}

/**
 * The ids of a split: the first word of each line of FOLDER/SPLIT.txt. Blank lines, Windows line ends and further
 * columns (VOC's class lists have a second one) do no harm.
 * @throws FcnError when there is no such split (naming those there are), when it is empty, or when an id occurs twice.
 */
export async function readSplit(
  folder: string,
  split: string,
  onUnusable: OnUnusable = refuseUnusable,
): Promise<string[]> {
  const splits = await listSplits(folder);
  if (!splits.includes(split)) {
    throw inputError(
      `split '${split}': not in ${folder}, expected one of: ${splits.join(', ') || '(none there)'}`,
    );
  }
  const file = path.join(folder, `${split}.txt`);
  const text = (await readInput(file, 'split')).toString('utf8').replace(/^\uFEFF/, '');
  const ids = text
    .split(/\r?\n|\r/)
    .map((line) => line.trim().split(/\s+/)[0]!)
    .filter((id) => id !== '');
  if (ids.length === 0) throw inputError(`split ${file}: it is empty, expected one image id a line`);
  const seen = new Set<string>();
  for (const id of ids) {
    if (seen.has(id)) {
      onUnusable(inputError(`split ${file}: got '${id}' twice, expected each id once; remove the copies`));
    }
    seen.add(id);
  }
  return [...seen];
}
