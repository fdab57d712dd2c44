import { inputError } from '../../base/errors.ts';
import { ignoreLabel } from '../images/image.ts';
import { keyOf, type LabelsByColor } from '../images/mask-png.ts';
import { type Color, vocPalette } from '../images/palette.ts';
import { readClassNames } from './class-names.ts';

export interface ColoredClasses {
  readonly classes: readonly string[];
  /** What the colors of masks stand for, when the file gives colors. */
  readonly labels: LabelsByColor | undefined;
}

/**
 * Classes from a text file, one a line, with or without the color that masks show them in: `road 128 64 128`. Behind
 * them, `void R G B` is no class but the color of pixels that do not count; so is VOC's border, 224 224 192, when no
 * class has it.
 * @throws FcnError when only some lines have a color, a color is none or occurs twice, a class comes after void, or as
 *   readClassNames
 */
export async function readColoredClasses(file: string): Promise<ColoredClasses> {
  const lines = await readClassNames(file);
  const parsed = lines.map((line) => /^(.*\S)\s+(\d+)\s+(\d+)\s+(\d+)$/.exec(line));
  if (parsed.every((match) => match === null)) return { classes: lines, labels: undefined };
  const classes: string[] = [];
  const labels = new Map<number, number>();
  for (const [index, match] of parsed.entries()) {
    const color = match?.slice(2).map(Number) ?? [];
    if (!match || !isColor(color)) {
      throw inputError(
        `class names ${file}: got '${lines[index]}', expected a color (0..255 three times) behind every name or none`,
      );
    }
    const name = match[1]!;
    if (classes.includes(name)) throw inputError(`class names ${file}: got '${name}' twice`);
    const isVoid = name === 'void';
    if (!isVoid && classes.length < index) {
      throw inputError(
        `class names ${file}: got '${name}' on line ${index + 1}, behind void, expected void at the end: line n names ` +
          'class n, which gray masks are read by; move void down',
      );
    }
    if (labels.has(keyOf(color))) {
      throw inputError(
        `class names ${file}: got the color ${color.join(' ')} twice, expected different ones`,
      );
    }
    labels.set(keyOf(color), isVoid ? ignoreLabel : classes.push(name) - 1);
  }
  if (classes.length === 0) throw inputError(`class names ${file}: got void alone, expected a class`);
  const border = keyOf(vocPalette()[ignoreLabel]!);
  if (!labels.has(border)) labels.set(border, ignoreLabel);
  return { classes, labels };
}

function isColor(values: readonly number[]): values is Color {
  return values.length === 3 && values.every((value) => value <= 255);
}
