import { inputError } from '../../base/errors.ts';
import { readTextLines, shortList } from '../../base/text.ts';
import { ignoreLabel } from '../images/image.ts';
import { type Color, keyOf } from '../images/palette.ts';
import {
  BadLine,
  beginsWithNumber,
  type ClassLine,
  columnsOf,
  isLoneHeader,
  parseClassLine,
} from './class-line.ts';
import { type LabelMeaning, type MaskedClass, meaningOf } from './label-meaning.ts';
import { vocClasses } from './voc-classes.ts';

export interface ClassList {
  /** Class names; the index is the class number. */
  readonly classes: readonly string[];
  readonly meaning: LabelMeaning;
}

/** A line that is neither comment nor header, with its number in the file, from 1. */
interface Entry extends ClassLine {
  readonly number: number;
  readonly text: string;
}

/**
 * Classes from a text file, one a line, in the order of their numbers: `road`, `road 7` where masks have the value 7
 * (gray, or index of a palette) for it, or `road 128 64 128` where they show it in that color. Without a value, line n,
 * counted from 0, is value n. `void`, in the same three forms, is no class but what does not count; so is the value 255
 * that no class has, and where there are colors VOC's border, 224 224 192.
 *
 * Lists of other tools are read as well: comments (# or //), a header such as `name,r,g,b`, commas, semicolons, tabs, and
 * numbers in front.
 * @throws FcnError naming the file and the line that is not clear, or that has what another line has
 */
export async function readClassList(file: string): Promise<ClassList> {
  const refuse = (message: string) => inputError(`class names ${file}: ${message}`);
  const entries = parseLines(await readTextLines(file, 'class names', shortList), refuse);
  const isColored = entries.some(({ numbers }) => numbers.length === 3);
  const classes: string[] = [];
  const masked: (MaskedClass & Entry)[] = [];
  for (const [index, entry] of entries.entries()) {
    const { name, numbers, number, text } = entry;
    if (isColored && (numbers.length !== 3 || !numbers.every(isByte))) {
      throw refuse(
        `line ${number}: got '${text}', expected a color (three times 0..255) after every name or after none`,
      );
    }
    if (!numbers.every(isByte)) throw refuse(`line ${number}: got '${text}', expected a value 0..255`);
    const isVoid = name.toLowerCase() === 'void';
    if (isColored && !isVoid && classes.length < index) {
      throw refuse(
        `got '${name}' on line ${number}, after void, expected void at the end: line n names class n, which gray masks ` +
          'refer to; move void down',
      );
    }
    if (!isVoid && classes.includes(name)) {
      const advice =
        numbers.length === 1
          ? `, each with a value; put names that end in a number in quotes ("${text}")`
          : '';
      throw refuse(`got '${name}' twice, expected different names${advice}`);
    }
    const label = isVoid ? ignoreLabel : classes.push(name) - 1;
    const color = isColored ? (numbers as unknown as Color) : undefined;
    masked.push({ ...entry, label, color, value: isColored ? undefined : (numbers[0] ?? index) });
  }
  if (classes.length === 0) throw refuse('got only void, expected a class');
  if (classes.length > 255) throw refuse(`got ${classes.length} classes, expected at most 255 (255 is void)`);
  checkDifferent(masked, refuse);
  const isPlain = masked.every(({ numbers }) => numbers.length === 0);
  const hasVoidAtEnd = masked.slice(0, classes.length).every(({ label }) => label !== ignoreLabel);
  const meaning = meaningOf(masked);
  return {
    classes,
    meaning: {
      ...meaning,
      givesValues: meaning.givesValues && !isPlain,
      isVoc: isPlain && hasVoidAtEnd && classes.join() === vocClasses.join(),
    },
  };
}

type Refuse = (message: string) => Error;

function parseLines(lines: readonly string[], refuse: Refuse): Entry[] {
  const numbered = lines.map((text, i) => ({ text, number: i + 1 }));
  const kept = withoutBullets(numbered.filter(({ text }) => !/^(#|\/\/)/.test(text)));
  const [first] = kept;
  if (!first) throw refuse('line 1 is empty, expected one class name per line');
  const columns = columnsOf(first.text);
  if (!columns && isLoneHeader(first.text) && kept.length > 1) {
    throw refuse(
      `line ${first.number}: got '${first.text}', which looks like a header; remove the line, or write '${first.text} 0' if ` +
        'it is a class',
    );
  }
  const rows = columns || first.text === unnumbered ? kept.slice(1) : kept;
  if (rows.length === 0) throw refuse('got only a header, expected one class name per line');
  if (
    rows.length === 1 &&
    !columns &&
    /^[^\d[{]+[,;\t][^\d]+$/.test(rows[0]!.text) &&
    !/^("|').*\1$/.test(rows[0]!.text)
  ) {
    throw refuse(`line ${rows[0]!.number}: got '${rows[0]!.text}' alone, expected one class name per line`);
  }
  const isNumbered = rows.every(({ text }) => beginsWithNumber(text));
  return rows.map(({ text, number }) => {
    if (text === '') throw refuse(`line ${number} is empty, expected one class name per line`);
    try {
      return { ...(columns?.(text) ?? parseClassLine(text, isNumbered)), text, number };
    } catch (thrown) {
      if (thrown instanceof BadLine) throw refuse(`line ${number}: ${thrown.message}`);
      throw thrown;
    }
  });
}

/** The first line of labelme's lists: what is labeled so has the number -1, in masks 255, and the next line has 0. */
const unnumbered = '__ignore__';

/** A list as YAML or Markdown has it: each line begins with `- ` or `* `. */
function withoutBullets<T extends { readonly text: string }>(rows: readonly T[]): T[] {
  const [, bullet] = /^([-*]) /.exec(rows[0]?.text ?? '') ?? [];
  if (!bullet || !rows.every(({ text }) => text.startsWith(`${bullet} `))) return [...rows];
  return rows.map((row) => ({ ...row, text: row.text.slice(2).trim() }));
}

/** Two voids may be the same, two classes not, nor a class and void. */
function checkDifferent(entries: readonly (MaskedClass & Entry)[], refuse: Refuse): void {
  const [values, colors] = [new Map<number, Entry & MaskedClass>(), new Map<number, Entry & MaskedClass>()];
  for (const entry of entries) {
    const { value, color, label, number, name } = entry;
    const [seen, key, what] = color
      ? ([colors, keyOf(color), `the color ${color.join(' ')}`] as const)
      : ([values, value!, `the value ${value}`] as const);
    const before = seen.get(key);
    if (before && (before.label !== ignoreLabel || label !== ignoreLabel)) {
      throw refuse(
        `got ${what} twice, expected different ones: '${before.name}' on line ${before.number} and '${name}' on line ` +
          `${number}${color ? '' : ' (without a value, line n, counted from 0, is value n)'}`,
      );
    }
    seen.set(key, entry);
  }
}

function isByte(value: number): boolean {
  return value <= 255;
}
