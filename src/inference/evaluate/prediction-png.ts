import { inputError } from '../../base/errors.ts';
import { readInput } from '../../base/files.ts';
import { valuesIn } from '../../data/datasets/check-label.ts';
import type { Dataset } from '../../data/datasets/dataset.ts';
import { graysOfPalette } from '../../data/datasets/gray-palette.ts';
import { classNumbers, holdsNumbers, type LabelMeaning } from '../../data/datasets/label-meaning.ts';
import { colorsOfMovedPalette } from '../../data/datasets/moved-palette.ts';
import { vocClasses } from '../../data/datasets/voc-classes.ts';
import { ignoreLabel, type LabelImage } from '../../data/images/image.ts';
import { keyOf, vocPalette } from '../../data/images/palette.ts';
import { readStoredMask, type StoredMask } from '../../data/images/stored-mask.ts';

/**
 * The classes in a segmentation PNG, whoever made it. Palette indices are class numbers, as `fcn predict` writes them; where a
 * palette has other colors than VOC's, those that the data set has for its classes, or VOC's at other indices, count instead
 * (moved-palette.ts). Gray values are class numbers, or where they can only be these, the values that the data set's masks
 * have. RGB pixels must have the exact colors of PASCAL VOC, or those of the data set.
 * @param dataset that is scored on; by default value n is class n
 * @throws FcnError naming the file, and the pixel whose color is none of VOC's, or why it can be read in two ways.
 */
export async function readPrediction(
  file: string,
  { classes, meaning }: Pick<Dataset, 'classes' | 'meaning'> = { classes: vocClasses },
): Promise<LabelImage> {
  const mask = await readStoredMask(await readInput(file, 'prediction'), `prediction ${file}`);
  if (mask.isLossy) {
    throw inputError(
      `prediction ${file}: not a PNG file but a lossy one, expected class numbers; save it as a palette or gray PNG`,
    );
  }
  if (mask.channels === 3) return classesOfColors(mask, file, meaning);
  const { width, height, data, palette } = mask;
  if (!palette)
    return {
      width,
      height,
      data: meaning && !holdsNumbers(meaning) ? classesOfValues(data, meaning, file) : data,
    };
  const colors = palette.map(([red = 0, green = 0, blue = 0]) => keyOf([red, green, blue]));
  const used = valuesIn(data).filter((index) => index < colors.length);
  if (used.every((index) => colors[index] === vocKeys[index])) return { width, height, data };
  const ofData = meaning?.byColor;
  const ofColors = used.every((index) => ofData?.has(colors[index]!))
    ? ofData
    : colorsOfMovedPalette(
        data,
        palette,
        { ...classNumbers(classes.length), isVoc: meaning?.isVoc ?? false },
        `prediction ${file}`,
      );
  if (ofColors)
    return { width, height, data: data.map((index) => ofColors.get(colors[index]!) ?? ignoreLabel) };
  const grays = graysOfPalette(
    data,
    palette,
    classNumbers(classes.length),
    `prediction ${file}`,
    () => oneMeaning,
  );
  return { width, height, data: grays ?? data };
}

const oneMeaning = "save class numbers as a gray PNG, or with VOC's palette, as fcn predict does";

const vocKeys = vocPalette().map(keyOf);

/** Gray values are those of the masks, or class numbers: what they are not both, they may be. */
function classesOfValues(
  values: Uint8Array,
  { byValue, numClasses }: LabelMeaning,
  file: string,
): Uint8Array {
  const used = valuesIn(values);
  const areNumbers = used.every((value) => value < numClasses);
  const areValues = used.every((value) => byValue[value]! >= 0);
  if (areNumbers && areValues && used.some((value) => byValue[value] !== value)) {
    throw inputError(
      `prediction ${file}: got gray values ${used.join(', ')}, which could be class numbers or values of masks (classes.txt), ` +
        "expected one or the other; save class numbers as a PNG with VOC's palette, as fcn predict does, or masks in RGB colors",
    );
  }
  return areValues && !areNumbers ? values.map((value) => byValue[value]!) : values;
}

function classesOfColors(
  { width, height, data }: StoredMask,
  file: string,
  meaning: LabelMeaning | undefined,
): LabelImage {
  const ofVoc = new Map(vocKeys.map((color, index) => [color, index]));
  const ofData = meaning?.byColor;
  const colors = Array.from({ length: width * height }, (_, pixel) =>
    keyOf([data[3 * pixel]!, data[3 * pixel + 1]!, data[3 * pixel + 2]!]),
  );
  const used = [...new Set(colors)];
  const areOfData = ofData !== undefined && used.every((color) => ofData.has(color));
  const areOfVoc = used.every((color) => ofVoc.has(color));
  if (areOfData && areOfVoc && used.some((color) => ofData.get(color) !== ofVoc.get(color))) {
    throw inputError(
      `prediction ${file}: got colors that mean different classes in VOC and classes.txt, expected one meaning; save ` +
        "class numbers as a PNG with VOC's palette, as fcn predict does",
    );
  }
  const classOfColor = areOfData ? ofData : ofVoc;
  const foreign = colors.findIndex((color) => !classOfColor.has(color));
  if (foreign >= 0) {
    const color = [...data.subarray(3 * foreign, 3 * foreign + 3)].join(', ');
    throw inputError(
      `prediction ${file}: got color (${color}) at x ${foreign % width}, y ${Math.floor(foreign / width)}, expected the ` +
        `colors of PASCAL VOC${ofData ? ' or those of classes.txt' : ''}; save class numbers as a palette or gray PNG`,
    );
  }
  return { width, height, data: Uint8Array.from(colors, (color) => classOfColor.get(color)!) };
}
