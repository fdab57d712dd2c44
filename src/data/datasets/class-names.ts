import { inputError } from '../../base/errors.ts';
import { readInput } from '../../base/files.ts';

/**
 * Class names from a text file: line n (from 0) names class n.
 * @throws FcnError when the file has no names, an empty line between names, a name twice, or more than 255 names.
 */
export async function readClassNames(file: string): Promise<string[]> {
  const text = (await readInput(file, 'class names')).toString('utf8').replace(/^\uFEFF/, '');
  const names = text
    .trimEnd()
    .split('\n')
    .map((line) => line.trim());
  const empty = names.indexOf('');
  if (empty >= 0) {
    throw inputError(`class names ${file}: line ${empty + 1} is empty, expected one class name a line`);
  }
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated) throw inputError(`class names ${file}: got '${repeated}' twice, expected different names`);
  if (names.length > 255) {
    throw inputError(`class names ${file}: got ${names.length} classes, expected at most 255 (255 is void)`);
  }
  return names;
}
