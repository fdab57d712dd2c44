import { inputError } from '../../../base/errors.ts';
import { ignoreLabel, type LabelImage } from '../../images/image.ts';
import { readMatrix } from '../mat-file.ts';

/**
 * The label map in a variable of a MATLAB file.
 * @param classOf the class of a value that the file holds; `ignoreLabel` for void, undefined for what it may not hold
 * @throws FcnError naming the file when it is none, damaged, or holds another value.
 */
export function matrixLabel(
  bytes: Uint8Array,
  file: string,
  variable: string,
  classOf: (value: number) => number | undefined,
): LabelImage {
  const { width, height, data: values } = readMatrix(bytes, variable, `label ${file}`);
  const data = Uint8Array.from(values, (value) => {
    const found = classOf(value);
    if (found === undefined) {
      throw inputError(
        `label ${file}: got ${value} in ${variable}, which is none of the classes; replace the file`,
      );
    }
    return found;
  });
  return { width, height, data };
}

/** Classes that a file counts from 1, where `unlabeled` and below is void: 1 is class 0. */
export function countedFromOne(count: number, unlabeled: number): (value: number) => number | undefined {
  return (value) => {
    if (value >= 1 && value <= count) return value - 1;
    return value <= 0 && value >= unlabeled ? ignoreLabel : undefined;
  };
}
