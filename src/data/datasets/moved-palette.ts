import { inputError } from '../../base/errors.ts';
import { ignoreLabel } from '../images/image.ts';
import { type Color, keyOf, vocPalette } from '../images/palette.ts';
import { valuesIn } from './check-label.ts';
import { type LabelMeaning, vocColors } from './label-meaning.ts';

/**
 * What the colors of a palette mask stand for, where they and not the indices count: image editors re-order the colors of a
 * label that they save ("optimize palette"), after which its indices are no classes any more. That is so when the colors
 * are VOC's but at other indices. VOC's own classes are then told by color; for others, either may be meant.
 * @returns undefined where indices count
 * @throws FcnError where it cannot be known
 */
export function colorsOfMovedPalette(
  indices: Uint8Array,
  palette: readonly (readonly number[])[],
  { numClasses, givesValues, isVoc }: LabelMeaning,
  name: string,
): ReadonlyMap<number, number> | undefined {
  if (givesValues) return undefined;
  const colors = palette.map(([red = 0, green = 0, blue = 0]) => keyOf([red, green, blue]));
  const used = valuesIn(indices).filter((index) => index < colors.length);
  const moved = used.filter((index) => colors[index] !== usual[index]);
  if (moved.length === 0 || used.every((index) => isGrayOf(palette[index]!, index))) return undefined;
  const labels = vocColors(numClasses);
  const foreign = used.find((index) => !labels.has(colors[index]!));
  const elsewhere = moved.find((index) => labels.has(colors[index]!));
  if (elsewhere === undefined) return undefined; // a palette of its own
  // A palette of another design may share colors with VOC's; one that an editor made has those of the label and no others,
  // or all 256 of VOC.
  const isWhole = colors.length === 256 && colors.every((color) => usual.includes(color));
  const isOfVocColors = isWhole || colors.every((color) => labels.has(color) || color === 0xffffff);
  if (foreign === undefined && isVoc) return labels;
  const isOwn = foreign === undefined ? !isOfVocColors : !isVoc || usesVocAsIs(used, colors);
  if (isOwn) return undefined;

  const color = palette[elsewhere]!.slice(0, 3) as unknown as Color;
  const label = labels.get(keyOf(color))!;
  const byColor = label === ignoreLabel ? 'void' : `class ${label}`;
  throw inputError(
    `${name}: got palette index ${elsewhere} with VOC's color of ${byColor} (${color.join(' ')}), as image editors ` +
      `leave it when they reorder a palette; if the colors are the classes, write them in classes.txt ('road ${color.join(' ')}'), ` +
      `if the indices are, write those ('road ${elsewhere}')`,
  );
}

const usual = vocPalette().map(keyOf);

/** A gray ramp is the palette that tools give to values that have none. */
function isGrayOf(color: readonly number[], value: number): boolean {
  return color.slice(0, 3).every((channel) => channel === value);
}

/** Besides black, which is first in nearly every palette. */
function usesVocAsIs(used: readonly number[], colors: readonly number[]): boolean {
  return used.some((index) => index > 0 && index < ignoreLabel && colors[index] === usual[index]);
}
