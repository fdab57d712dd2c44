import { inputError } from '../../base/errors.ts';
import { ignoreLabel, type LabelImage, type RgbImage } from '../images/image.ts';

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

/** @throws FcnError naming both files when a label does not cover its image pixel by pixel. */
export function checkSameSize(
  image: RgbImage,
  imageFile: string,
  label: LabelImage,
  labelFile: string,
): void {
  if (image.width === label.width && image.height === label.height) return;
  throw inputError(
    `label ${labelFile}: got ${label.width}x${label.height} pixels, expected ${image.width}x${image.height} ` +
      `as in ${imageFile}`,
  );
}
