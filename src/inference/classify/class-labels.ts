import { counted } from '../../base/counted.ts';
import { inputError } from '../../base/errors.ts';
import { readTextLines, shortList } from '../../base/text.ts';

/**
 * The names of a classifier's classes, a line each. Lists for TensorFlow begin with a background that classifiers of
 * 1000 classes do not have.
 * @throws FcnError when there are not as many as classes.
 */
export async function readClassLabels(file: string, numClasses: number): Promise<string[]> {
  const lines = await readTextLines(file, 'list of labels', shortList);
  const labels = lines.length === numClasses + 1 && lines[0] === 'background' ? lines.slice(1) : lines;
  if (labels.length === numClasses) return labels;
  throw inputError(
    `labels ${file}: got ${counted(lines.length, 'line')}, expected ${numClasses}, one for each class; choose the list of the classifier`,
  );
}
