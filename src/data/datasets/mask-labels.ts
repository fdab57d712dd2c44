import { inputError } from '../../base/errors.ts';
import type { LabelImage } from '../images/image.ts';
import { type Color, keyOf } from '../images/palette.ts';
import { remarks } from '../images/remarks.ts';
import { readStoredMask, type StoredMask } from '../images/stored-mask.ts';
import { unknownValue } from './check-label.ts';
import { graysOfPalette } from './gray-palette.ts';
import { holdsNumbers, type LabelMeaning, vocColors } from './label-meaning.ts';
import { nearestLabels } from './lossy-mask.ts';
import { colorsOfMovedPalette } from './moved-palette.ts';
import type { SamePalettes } from './same-palettes.ts';

/** Reads the mask of a data set. @param tell takes what is special about it @throws FcnError as readStoredMask and labelsOf. */
export async function decodeMask(
  bytes: Uint8Array,
  file: string,
  meaning: LabelMeaning,
  tell: (remark: string) => void = () => {},
  palettes?: SamePalettes,
): Promise<LabelImage> {
  const mask = await readStoredMask(bytes, `label ${file}`);
  palettes?.check(mask, meaning, file);
  if (mask.isTurned) tell(remarks.maskTurnsItself);
  if (mask.isLossy && !/\.jpe?g$/i.test(file)) tell(remarks.lossyMask); // of JPEG files, the data set warns
  return labelsOf(mask, meaning, file);
}

/**
 * The classes of a mask's pixels. The one place where values and colors become classes:
 *
 * - Colors, RGB or those of a palette in any order, by color where the data set says what colors stand for.
 * - Palettes else by index: value n is class n, 255 void, or as the data set says. Where a palette has VOC's colors at other
 *   indices than VOC, as editors leave it, they count for VOC's own classes; other data sets have to say what is meant.
 * - Grays of a palette by value where they stand for classes and the indices do not (gray-palette.ts).
 * - Gray values, also those of RGB pixels that are all gray, by value.
 *
 * @throws FcnError naming the file, a pixel that stands for no class and what to do, or what cannot be known
 */
export function labelsOf(mask: StoredMask, meaning: LabelMeaning, file: string): LabelImage {
  const { width, height, data, channels, palette, isLossy, isBits } = mask;
  const label = (labels: Uint8Array) => ({ width, height, data: labels });
  if (isLossy) return label(nearestLabels(mask, meaning, file));
  if (channels === 3) {
    if (meaning.byColor)
      return label(byColor(data, meaning.byColor, width, file, 'one of classes.txt; add it there, or'));
    if (isGray(data)) return label(byValue(redOf(data), meaning, width, file));
    if (meaning.isVoc)
      return label(
        byColor(
          data,
          vocColors(meaning.numClasses),
          width,
          file,
          "VOC's; save class numbers as palette or gray PNG, or",
        ),
      );
    throw inputError(
      `label ${file}: got RGB pixels, expected a palette or gray PNG whose pixel value is the class; save it that way, or ` +
        "give every class its color in classes.txt ('road 128 64 128')",
    );
  }
  if (!palette) return label(byValue(isBits ? whiteAsWritten(data, meaning) : data, meaning, width, file));
  const colors = meaning.byColor ?? colorsOfMovedPalette(data, palette, meaning, `label ${file}`);
  if (colors) return label(byPaletteColor(data, palette, colors, width, file));
  const values = graysOfPalette(data, palette, meaning, `label ${file}`, eitherInList) ?? data;
  return label(byValue(values, meaning, width, file));
}

function eitherInList(index: number, gray: number): string {
  return (
    `if the grays are the classes, write them in classes.txt as colors ('road ${gray} ${gray} ${gray}'), if the indices are, write ` +
    `those ('road ${index}')`
  );
}

/** White of one bit is the value 1, or 255 where the data set gives that to a class, and nothing to 1. */
function whiteAsWritten(bits: Uint8Array, { byValue, assumesVoid }: LabelMeaning): Uint8Array {
  const is255 = byValue[1]! < 0 && byValue[255]! >= 0 && !assumesVoid;
  return is255 ? bits.map((bit) => 255 * bit) : bits;
}

function byValue(values: Uint8Array, meaning: LabelMeaning, width: number, file: string): Uint8Array {
  const { byValue: meanings } = meaning;
  const areLabels = holdsNumbers(meaning);
  const labels = areLabels ? values : new Uint8Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const label = meanings[values[i]!]!;
    if (label < 0) throw unknownValue(values, i, width, meaning, file);
    if (!areLabels) labels[i] = label;
  }
  return labels;
}

function byColor(
  pixels: Uint8Array,
  labelOf: ReadonlyMap<number, number>,
  width: number,
  file: string,
  expected: string,
): Uint8Array {
  const labels = new Uint8Array(pixels.length / 3);
  for (let i = 0; i < labels.length; i++) {
    const color: Color = [pixels[3 * i]!, pixels[3 * i + 1]!, pixels[3 * i + 2]!];
    const label = labelOf.get(keyOf(color));
    if (label === undefined) {
      throw inputError(
        `label ${file}: got RGB pixels with color ${color.join(' ')} at ${at(i, width)}, expected ${expected} fix the mask ` +
          '(edges that an editor smoothed have other colors)',
      );
    }
    labels[i] = label;
  }
  return labels;
}

/** @param indices of the palette, by pixel */
function byPaletteColor(
  indices: Uint8Array,
  palette: readonly (readonly number[])[],
  labelOf: ReadonlyMap<number, number>,
  width: number,
  file: string,
): Uint8Array {
  const byIndex = palette.map(([red = 0, green = 0, blue = 0]) => labelOf.get(keyOf([red, green, blue])));
  return indices.map((index, i) => {
    const label = byIndex[index];
    if (label !== undefined) return label;
    const color = palette[index] ? `color ${palette[index].slice(0, 3).join(' ')}` : 'no color';
    throw inputError(
      `label ${file}: got palette index ${index}, ${color}, at ${at(i, width)}, expected a color of classes.txt; ` +
        'add it there, or leave the colors out of classes.txt if palette indices are the classes',
    );
  });
}

/** Whether red, green and blue are the same everywhere. */
function isGray(pixels: Uint8Array): boolean {
  for (let i = 0; i < pixels.length; i += 3) {
    if (pixels[i] !== pixels[i + 1] || pixels[i] !== pixels[i + 2]) return false;
  }
  return true;
}

function redOf(pixels: Uint8Array): Uint8Array {
  return Uint8Array.from({ length: pixels.length / 3 }, (_, i) => pixels[3 * i]!);
}

function at(pixel: number, width: number): string {
  return `x ${pixel % width}, y ${Math.floor(pixel / width)}`;
}
