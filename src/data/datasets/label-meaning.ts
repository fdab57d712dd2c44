import { ignoreLabel } from '../images/image.ts';
import { type Color, keyOf, vocPalette } from '../images/palette.ts';

/** What the pixels of a data set's masks stand for: class numbers, `ignoreLabel` for void. */
export interface LabelMeaning {
  /** How many classes there are. */
  readonly numClasses: number;
  /** By the value of a gray mask, or the index of a palette: 256 entries, -1 where a value stands for nothing. */
  readonly byValue: Int16Array;
  /** By the color, see `keyOf`; undefined where the data set does not say what colors stand for. */
  readonly byColor: ReadonlyMap<number, number> | undefined;
  /** Whether the data set says what values stand for, rather than only in which order its classes are. */
  readonly givesValues: boolean;
  /** Whether the value 255 is void because nobody has said what it is. */
  readonly assumesVoid: boolean;
  /** The classes are VOC's own: its colors stand for them without being written down. */
  readonly isVoc: boolean;
}

/** A class, or void, with what it has in masks. */
export interface MaskedClass {
  /** The class number, or `ignoreLabel`. */
  readonly label: number;
  /** In gray and palette masks; default for classes: their number. */
  readonly value?: number | undefined;
  readonly color?: Color | undefined;
}

/**
 * The meaning of masks from what a data set says of its classes, for every format that has values or colors. A value
 * of 255 is void unless it is that of a class; so is VOC's border color, 224 224 192, where colors count.
 * Where all classes have shades of gray for colors, these are their values as well.
 * @param entries classes and any number of voids, in any order
 */
export function meaningOf(entries: readonly MaskedClass[]): LabelMeaning {
  const byValue = new Int16Array(256).fill(-1);
  byValue[ignoreLabel] = ignoreLabel;
  const byColor = new Map<number, number>();
  const valued = areGray(entries) ? entries.map((entry) => ({ ...entry, value: entry.color?.[0] })) : entries;
  for (const { label, value = label === ignoreLabel ? undefined : label, color } of valued) {
    if (value !== undefined) byValue[value] = label;
    if (color) byColor.set(keyOf(color), label);
  }
  if (byColor.size > 0 && !byColor.has(vocBorder)) byColor.set(vocBorder, ignoreLabel);
  return {
    numClasses: entries.filter(({ label }) => label !== ignoreLabel).length,
    byValue,
    byColor: byColor.size > 0 ? byColor : undefined,
    givesValues: valued.some(({ value }) => value !== undefined),
    assumesVoid: valued.every(({ value }) => value !== ignoreLabel),
    isVoc: false,
  };
}

/** Whether classes have shades of gray for colors, which are then as good as values: `object 255 255 255`. */
function areGray(entries: readonly MaskedClass[]): boolean {
  const classes = entries.filter(({ label }) => label !== ignoreLabel);
  const isGray = ([red, green, blue]: Color) => red === green && green === blue;
  return (
    classes.length > 1 && classes.every(({ color, value }) => value === undefined && color && isGray(color))
  );
}

/** Whether values are class numbers, and 255 void, as far as they stand for anything. */
export function holdsNumbers({ byValue }: LabelMeaning): boolean {
  return byValue.every((label, value) => label < 0 || label === value);
}

/** Masks whose value is the class, and 255 void. */
export function classNumbers(numClasses: number): LabelMeaning {
  return meaningOf(Array.from({ length: numClasses }, (_, label) => ({ label })));
}

/** Classes by VOC's colors: those of the first `numClasses` labels, and that of the border. */
export function vocColors(numClasses: number): ReadonlyMap<number, number> {
  const classes = vocPalette().slice(0, numClasses);
  return new Map([
    ...classes.map((color, label) => [keyOf(color), label] as const),
    [vocBorder, ignoreLabel],
  ]);
}

const vocBorder = keyOf(vocPalette()[ignoreLabel]!);
