import path from 'node:path';
import { type FcnError, inputError } from '../../base/errors.ts';
import { readInput } from '../../base/files.ts';
import { readStoredMask } from '../images/stored-mask.ts';
import { FileIndex, maskExtensions } from './file-index.ts';

/** Masks that are looked at to say what a class list could be. */
const enough = 20;
/** Values that a message names. */
const most = 12;

/**
 * The error of a data set without `classes.txt`, with what the first masks hold and the lines that would fit: nobody but the
 * user knows the names, but the values can be seen.
 */
export async function missingClassList(file: string, masks: string): Promise<FcnError> {
  const missing = `cannot read the class names ${file}: there is no such file`;
  const values = await valuesOfMasks(masks).catch(() => undefined); // what is wrong with masks is said when there are classes
  if (!values || (values !== 'colors' && values.size === 0)) {
    return inputError(
      `${missing}; write it, one class per line in the order of their values ('NAME VALUE' if these are not 0, 1, 2)`,
    );
  }
  if (values === 'colors') {
    return inputError(`${missing}; the masks contain colors: write a line 'NAME R G B' for each class`);
  }
  const sorted = [...values].sort((a, b) => a - b);
  const lines = sorted
    .slice(0, most)
    .map((value, i) => `'${i === 0 && value === 0 ? 'background' : 'NAME'} ${value}'`);
  const or = values.has(255) ? " ('void 255' if 255 should be ignored)" : '';
  return inputError(
    `${missing}; the masks contain ${sorted.slice(0, most).join(', ')}${sorted.length > most ? ', ...' : ''}: write a line ` +
      `for each value that is a class, such as ${lines.join(', ')}${or}`,
  );
}

async function valuesOfMasks(folder: string): Promise<Set<number> | 'colors'> {
  const index = await FileIndex.read(folder, maskExtensions, 'mask', 1);
  const values = new Set<number>();
  for (const id of index.ids.slice(0, enough)) {
    const file = path.join(folder, index.filesOf(id)[0]!);
    const { channels, data } = await readStoredMask(await readInput(file, 'mask'), `label ${file}`);
    if (channels === 3) return 'colors';
    for (const value of data) values.add(value);
  }
  return values;
}
