import { type FcnError, inputError } from '../../base/errors.ts';
import { type Image, ignoreLabel, type LabelImage } from '../images/image.ts';
import { holdsNumbers, type LabelMeaning } from './label-meaning.ts';

/** @throws FcnError naming the file, the first wrong pixel and its value when a value is neither a class nor 255. */
export function checkLabelValues(label: LabelImage, numClasses: number, file: string): void {
  const { data, width } = label;
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!;
    if (value < numClasses || value === ignoreLabel) continue;
    throw inputError(
      `label ${file}: got value ${value} at x ${i % width}, y ${Math.floor(i / width)}, expected a class ` +
        `0..${numClasses - 1} or ${ignoreLabel}; correct the label or list its classes in classes.txt`,
    );
  }
}

/** What to say of pixel `i` of a mask, whose value stands for nothing, in view of all values that the mask has. */
export function unknownValue(
  values: Uint8Array,
  i: number,
  width: number,
  meaning: LabelMeaning,
  file: string,
): FcnError {
  const { numClasses, byValue } = meaning;
  const areNumbers = holdsNumbers(meaning);
  const value = values[i]!;
  const used = valuesIn(values);
  const known = areNumbers
    ? `a class 0..${numClasses - 1} or ${ignoreLabel}`
    : `a value of classes.txt (${listOf([...byValue.keys()].filter((v) => byValue[v]! >= 0))})`;
  const isFromOne = areNumbers && used.every((v) => v <= numClasses) && used.includes(numClasses);
  const advice = isFromOne
    ? "if the classes start at 1 here, write 'void 0' as the first line of classes.txt; if 0 is a class, add its name there"
    : `correct the label or list its classes in classes.txt, with their values if these are not 0, 1, 2 ('road ${value}')`;
  return inputError(
    `label ${file}: got value ${value} at x ${i % width}, y ${Math.floor(i / width)}, expected ${known}; it has the values ` +
      `${listOf(used)}: ${advice}`,
  );
}

/** The different values of a mask, in order. */
export function valuesIn(data: Uint8Array): number[] {
  const isUsed = new Uint8Array(256);
  for (let i = 0; i < data.length; i++) isUsed[data[i]!] = 1;
  return [...isUsed.keys()].filter((value) => isUsed[value] === 1);
}

/** `0, 1, 7`; of many, the first and the last. */
function listOf(values: readonly number[]): string {
  return values.length <= 8 ? values.join(', ') : `${values.slice(0, 6).join(', ')}, ..., ${values.at(-1)}`;
}

function adviceOnSizes(image: Pick<Image, 'width' | 'height'>, label: LabelImage): string {
  return image.width === label.height && image.height === label.width
    ? 'width and height are exchanged: one of them was turned, or they stand in the wrong order'
    : 'if one of them was resized, use the file that it was made for';
}

/** @throws FcnError naming both files when a label does not cover its image pixel by pixel. */
export function checkSameSize(
  image: Pick<Image, 'width' | 'height'>,
  imageFile: string,
  label: LabelImage,
  labelFile: string,
): void {
  if (image.width === label.width && image.height === label.height) return;
  throw sizeError(image, imageFile, label, labelFile);
}

/** What is wrong with a label that does not cover its image. */
export function sizeError(
  image: Pick<Image, 'width' | 'height'>,
  imageFile: string,
  label: LabelImage,
  labelFile: string,
): FcnError {
  return inputError(
    `label ${labelFile}: got ${label.width}x${label.height} pixels, expected ${image.width}x${image.height} ` +
      `as in ${imageFile}; ${adviceOnSizes(image, label)}`,
  );
}
