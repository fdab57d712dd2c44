/** What a line of a class list says, in whichever of the usual notations. */
export interface ClassLine {
  readonly name: string;
  /** Numbers beside the name: none, a value, or red, green and blue. */
  readonly numbers: readonly number[];
}

/** Why a line is none of a class list: `got ..., expected ...`. */
export class BadLine extends Error {}

/** Column names that headers of class lists have. */
const nameColumns = [
  'name',
  'class',
  'class name',
  'class_name',
  'classname',
  'label',
  'label name',
  'category',
];
const valueColumns = [
  'value',
  'pixel value',
  'pixel_value',
  'id',
  'index',
  'class id',
  'class_id',
  'label id',
  'gray',
];
const colorColumns = [
  ['r', 'red'],
  ['g', 'green'],
  ['b', 'blue'],
];

/** Reads the fields of a line below a header. */
export type Columns = (line: string) => ClassLine;

/** Whether a line cannot be a class but only names columns, and what it would name: `name`, or `label`. */
export function isLoneHeader(line: string): boolean {
  return [...nameColumns, 'classes', 'labels', 'names', 'categories'].includes(
    line.toLowerCase().replace(/:$/, ''),
  );
}

/** How to read the lines below a header such as `name,r,g,b`; undefined where the line is none. */
export function columnsOf(header: string): Columns | undefined {
  const fields = fieldsOf(header);
  const titles = (fields.length > 1 ? fields : header.split(/\s+/)).map((title) => title.toLowerCase());
  const place = (names: readonly string[]) => titles.findIndex((title) => names.includes(title));
  const known = [...nameColumns, ...valueColumns, ...colorColumns.flat()];
  if (titles.length < 2 || !titles.every((title) => known.includes(title))) return undefined;
  const name = place(nameColumns);
  const color = colorColumns.map(place);
  const value = place(valueColumns);
  const numeric = color.every((at) => at >= 0) ? color : value >= 0 ? [value] : [];
  if (name < 0 || numeric.length === 0) return undefined;
  if (fields.length === 1) return (line) => inOrder(parseClassLine(line, name > 0), numeric);
  return (line) => {
    const fields = fieldsOf(line);
    const numbers = numeric.map((at) => fields[at] ?? '');
    if (!fields[name] || !numbers.every(isWhole)) {
      throw new BadLine(`got '${line}', expected the columns of the header '${header}'`);
    }
    return { name: fields[name], numbers: numbers.map(Number) };
  };
}

/** Numbers in the order in which their columns stand, as red, green and blue. */
function inOrder({ name, numbers }: ClassLine, columns: readonly number[]): ClassLine {
  if (numbers.length !== columns.length)
    throw new BadLine(`got '${name}', expected the columns of the header`);
  const sorted = columns.toSorted((a, b) => a - b);
  return { name, numbers: columns.map((column) => numbers[sorted.indexOf(column)]!) };
}

/**
 * `name`, `name VALUE` or `name R G B`, with spaces, tabs, commas, semicolons or a colon between, numbers first or last,
 * names in quotes where they end in a number. Also `name (R, G, B)`, `name #RRGGBB` and CVAT's `name:R,G,B::`.
 * @param isNumbered all lines begin with a number: it is the value, not a part of the name
 * @throws BadLine where it is not clear what is name and what number
 */
export function parseClassLine(text: string, isNumbered: boolean): ClassLine {
  const quoted = /^(["'])(.+)\1$/.exec(text);
  if (quoted && !quoted[2]!.includes(quoted[1]!)) return { name: quoted[2]!.trim(), numbers: [] };
  const line = text
    .replace(/:(\d+),(\d+),(\d+):[^:]*:[^:]*$/, ' $1 $2 $3')
    .replace(/"(\d+\s*,\s*\d+\s*,\s*\d+)"/, '$1')
    .replace(/[([{]\s*(\d+)[\s,;]+(\d+)[\s,;]+(\d+)\s*[)\]}]/, ' $1 $2 $3 ')
    .replace(
      /#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i,
      (_, ...hex: string[]) =>
        ` ${hex
          .slice(0, 3)
          .map((digits) => Number.parseInt(digits, 16))
          .join(' ')}`,
    )
    .replace(/(\d)\s+(#|\/\/).*$/, '$1')
    .trim();
  if (/^\||\|$/.test(line)) throw new BadLine(`got '${text}', expected a name, not a table`);
  if (/^[[{<]/.test(line)) throw new BadLine(`got '${text}', expected a name, not JSON or XML`);
  if (/^item\s*\{/.test(line))
    throw new BadLine(`got '${text}', expected a name, not TensorFlow's label map`);
  if (/\s(#|\/\/)\s/.test(line)) {
    throw new BadLine(
      `got '${text}', which may be a name or a name with a comment; put comments on their own lines`,
    );
  }
  const fields = fieldsOf(line);
  const numbers = fields.filter(isWhole).map(Number);
  const names = fields.filter((field) => !isWhole(field));
  if (/^[\d\s.,;:-]+$/.test(line)) {
    throw new BadLine(`got '${text}', which is only numbers, expected a name`);
  }
  if (fields.length > 1 && numbers.length > 0) {
    // Its number, its name and its color: 7,road,128,64,128.
    const isOfColor = isNumbered && numbers.length === 4 && isWhole(fields[0]!) && !isWhole(fields[1]!);
    if (isOfColor) return { name: checkName(names[0]!, text), numbers: numbers.slice(1) };
    if (names.length > 1 || ![1, 3].includes(numbers.length)) {
      throw new BadLine(`got '${text}', expected NAME, NAME VALUE or NAME R G B`);
    }
    return { name: checkName(names[0]!, text), numbers };
  }
  // Names hold spaces and commas of their own: without numbers in fields, the line is a name, and perhaps numbers at an end.
  const [, behind, after] = /^(.*?[^\s:=])(?:\s*(?:[-=]>|[:=])\s*|\s+)(\d+(?:\s+\d+)*)$/.exec(line) ?? [];
  if (behind && after) return ofNumbers(behind, after, text);
  const [, three, named] = /^(\d+\s+\d+\s+\d+)\s+(.*\D.*)$/.exec(line) ?? [];
  if (three && named) return ofNumbers(named, three, text);
  const [, one, rest] = /^(\d+)(?:\s*[:=)]\s*|\s+)(.*\D.*)$/.exec(line) ?? [];
  if (one && rest && isNumbered) return ofNumbers(rest, one, text);
  return { name: checkName(line, text), numbers: [] };
}

/** Whether a line begins with a number and goes on with a name. */
export function beginsWithNumber(line: string): boolean {
  return /^\d+(\s*[:=),;]\s*|\s+)\D/.test(line);
}

function ofNumbers(name: string, text: string, line: string): ClassLine {
  const numbers = text.split(/\s+/).map(Number);
  if (![1, 3].includes(numbers.length)) {
    throw new BadLine(`got '${line}', expected NAME, NAME VALUE or NAME R G B`);
  }
  return { name: checkName(name, line), numbers };
}

function checkName(text: string, line: string): string {
  const name = text
    .replace(/^(?:[-=]>|[:=])\s*/, '')
    .replace(/^(["'])(.*)\1$/, '$2')
    .trim();
  if (!/\p{L}/u.test(name) || /(^|[\s,;])[-+]?\d*[.]\d+$|[\s,;]-\d+$/.test(name)) {
    throw new BadLine(`got '${line}', expected a name, alone or with one or three whole numbers 0..255`);
  }
  return name;
}

/** Fields between tabs, semicolons or commas, without quotes; `128 64 128` in a field is three. */
function fieldsOf(line: string): string[] {
  const separator = ['\t', ';', ','].find((candidate) => line.includes(candidate));
  if (!separator) return [line];
  const fields = line.split(separator).map((field) => field.trim().replace(/^(["'])(.*)\1$/, '$2'));
  while (fields.at(-1) === '') fields.pop();
  return fields.flatMap((field) => (/^\d+([\s,]+\d+)+$/.test(field) ? field.split(/[\s,]+/) : [field]));
}

function isWhole(field: string): boolean {
  return /^\d+$/.test(field);
}
