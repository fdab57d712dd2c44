import path from 'node:path';
import { inputError } from '../../base/errors.ts';
import { listFolder, readInput } from '../../base/files.ts';
import { type OnUnusable, refuseUnusable } from './unusable.ts';

/** The splits of a folder: its text files, without the extension. */
export async function listSplits(folder: string): Promise<string[]> {
  const files = (await listFolder(folder, 'folder of splits')).filter((name) => name.endsWith('.txt'));
  return files.map((name) => path.basename(name, '.txt')).sort();
}

/**
 * The ids of a split, one from each line of FOLDER/SPLIT.txt: by default the first word, since VOC's class lists have a
 * second column. Blank lines and Windows line ends do no harm.
 * @throws FcnError when there is no such split (naming those there are), when it is empty, or when an id occurs twice.
 */
export async function readSplit(
  folder: string,
  split: string,
  onUnusable: OnUnusable = refuseUnusable,
  idOfLine = firstWord,
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
    .map((line) => idOfLine(line.trim()))
    .filter((id) => id !== '');
  if (ids.length === 0) throw inputError(`split ${file}: it is empty, expected one image id a line`);
  const seen = new Set<string>();
  for (const id of ids) {
    if (seen.has(id)) {
      const problem = `split ${file}: got '${id}' twice, expected each id once; remove the copies`;
      onUnusable(inputError(problem), [id]);
    }
    seen.add(id);
  }
  return [...seen];
}

function firstWord(line: string): string {
  return line.split(/\s+/)[0]!;
}
