import { inflateSync } from 'node:zlib';
import { type FcnError, inputError, reasonOf } from '../../base/errors.ts';

/** Codes of the MATLAB 5 MAT-file format (MathWorks, "MAT-File Format", tables 1-1 and 1-3). */
const miInt8 = 1;
const miUint8 = 2;
/** How the values of a matrix may be stored, whatever its class: the bytes of each, and how it is read. */
const numbers: ReadonlyMap<number, readonly [bytes: number, read: (data: Buffer, at: number) => number]> =
  new Map([
    [miInt8, [1, (data, at) => data.readInt8(at)]],
    [miUint8, [1, (data, at) => data.readUInt8(at)]],
    [3, [2, (data, at) => data.readInt16LE(at)]],
    [4, [2, (data, at) => data.readUInt16LE(at)]],
    [5, [4, (data, at) => data.readInt32LE(at)]],
    [6, [4, (data, at) => data.readUInt32LE(at)]],
    [7, [4, (data, at) => data.readFloatLE(at)]],
    [9, [8, (data, at) => data.readDoubleLE(at)]],
  ]);
const miMatrix = 14;
const miCompressed = 15;
const mxStruct = 2;
const mxUint8 = 9;
/** Classes of matrices of numbers: double, single, and integers of 8 to 32 bits. */
const mxNumbers = [6, 7, 8, 9, 10, 11, 12, 13];

/** More than any label file unpacks to, all its parts together; a forged one could ask for all memory. */
const maxUnpacked = 2 ** 25;

/** Of one element, or of the file: structs of labels have some. */
const mostElements = 10_000;

/** More than any matrix of labels has. */
const mostDimensions = 32;

interface Element {
  readonly type: number;
  readonly data: Buffer;
}

interface Matrix {
  readonly class: number;
  readonly isComplex: boolean;
  readonly dimensions: readonly number[];
  readonly name: string;
  /** What follows dimensions and name: the values, or the names and values of fields. */
  readonly content: readonly Element[];
}

/** The error for this file; what is wrong is put in as `got`. */
type Refuse = (got: string, cause?: unknown) => FcnError;

/**
 * The uint8 matrix in a field of a 1x1 struct of a MATLAB 5 file (little-endian; compressed or not), row by row.
 * Just what the labels of the papers' data sets need, since the readers on npm are under the GPL (mat-for-js) or run MATLAB (node-matlab).
 * @param what what messages call the file
 * @throws FcnError when it is no such file, cut off, damaged, or has no such variable and field
 */
export function readMatrixField(
  bytes: Uint8Array,
  variable: string,
  field: string,
  what: string,
): { width: number; height: number; data: Uint8Array } {
  const refuse: Refuse = (got, cause) =>
    inputError(`${what}: got ${got}, expected a MATLAB 5 file with ${variable}.${field} (uint8)`, cause);
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  checkHeader(file, refuse);
  const struct = findVariable(file.subarray(128), variable, refuse);
  const matrix = findField(struct, field, refuse);
  const [height = 0, width = 0] = matrix.dimensions;
  const values = matrix.content[0];
  if (matrix.class !== mxUint8 || values?.type !== miUint8 || matrix.dimensions.length !== 2) {
    throw refuse(`${variable}.${field} with another type`);
  }
  if (height < 1 || width < 1 || values.data.length !== height * width) {
    throw refuse(`${values.data.length} values for ${height} x ${width} pixels`);
  }
  return { width, height, data: transpose(values.data, height, width) };
}

/** Whole numbers, row by row. */
export interface IntegerMatrix {
  readonly width: number;
  readonly height: number;
  readonly data: Int32Array;
}

/**
 * A matrix of whole numbers of any type, by the name of its variable in a MATLAB 5 file.
 * @param what what messages call the file
 * @throws FcnError when it is no such file, cut off, damaged, or has no such variable; or one with other values
 */
export function readMatrix(bytes: Uint8Array, variable: string, what: string): IntegerMatrix {
  const refuse: Refuse = (got, cause) =>
    inputError(
      `${what}: got ${got}, expected a MATLAB 5 file with ${variable}, a matrix of whole numbers`,
      cause,
    );
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  checkHeader(file, refuse);
  const matrix = findVariable(file.subarray(128), variable, refuse);
  const [height = 0, width = 0] = matrix.dimensions;
  const values = matrix.content[0];
  const kind = values && numbers.get(values.type);
  if (!mxNumbers.includes(matrix.class) || !kind || matrix.dimensions.length !== 2 || matrix.isComplex) {
    throw refuse(`${variable} with another type`);
  }
  const [size, read] = kind;
  if (height < 1 || width < 1 || values.data.length !== height * width * size) {
    throw refuse(`${values.data.length / size} values for ${height} x ${width} pixels`);
  }
  const data = new Int32Array(height * width);
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height; y++) {
      const value = read(values.data, (x * height + y) * size);
      if (!Number.isInteger(value) || Math.abs(value) > 2 ** 31 - 1)
        throw refuse(`${variable} with the value ${value}`);
      data[y * width + x] = value;
    }
  }
  return { width, height, data };
}

function checkHeader(file: Buffer, refuse: Refuse): void {
  const [version, endian] = file.length < 128 ? [0, ''] : [file[125], file.toString('latin1', 126, 128)];
  if (version === 2 && endian === 'IM') throw refuse('a MATLAB 7.3 file; save it with -v7');
  if (endian === 'MI') throw refuse('a big-endian MATLAB file; save it again on a current machine');
  if (version !== 1 || endian !== 'IM') throw refuse('something else');
}

function findVariable(data: Buffer, name: string, refuse: Refuse): Matrix {
  let room = maxUnpacked;
  for (const element of elementsOf(data, refuse)) {
    const matrix = element.type === miCompressed ? unpack(element.data, room, refuse) : element;
    if (element.type === miCompressed) room -= matrix.data.length;
    if (matrix.type !== miMatrix) continue;
    const parsed = parseMatrix(matrix.data, refuse);
    if (parsed.name === name) return parsed;
  }
  throw refuse(`no variable ${name}`);
}

/** @param room bytes that it may unpack to */
function unpack(compressed: Buffer, room: number, refuse: Refuse): Element {
  try {
    const [element] = elementsOf(inflateSync(compressed, { maxOutputLength: Math.max(1, room) }), refuse);
    if (element) return element;
  } catch (thrown) {
    throw refuse(`damaged compressed data (${reasonOf(thrown)})`, thrown);
  }
  throw refuse('empty compressed data');
}

function findField(struct: Matrix, name: string, refuse: Refuse): Matrix {
  const [nameLength, names, ...values] = struct.content;
  if (struct.class !== mxStruct || struct.dimensions.some((n) => n !== 1)) {
    throw refuse(`${struct.name} that is not a single struct`);
  }
  const length = nameLength?.data.length === 4 ? nameLength.data.readInt32LE() : 0;
  if (length < 1 || names?.type !== miInt8) throw refuse(`${struct.name} without fields`);
  if (names.data.length > mostElements * length) throw refuse(`more than ${mostElements} fields`);
  const fields = Array.from({ length: Math.floor(names.data.length / length) }, (_, i) =>
    textOf(names.data.subarray(i * length, (i + 1) * length)),
  );
  const value = values[fields.indexOf(name)];
  if (value?.type !== miMatrix) throw refuse(`${struct.name} with the fields ${fields.join(', ')}`);
  return parseMatrix(value.data, refuse);
}

function parseMatrix(data: Buffer, refuse: Refuse): Matrix {
  const [flags, dimensions, name, ...content] = elementsOf(data, refuse);
  if (flags?.data.length !== 8 || !dimensions || !name) throw refuse('a damaged matrix');
  if (dimensions.data.length > 4 * mostDimensions) throw refuse(`more than ${mostDimensions} dimensions`);
  return {
    class: flags.data[0]!,
    isComplex: (flags.data[1]! & 8) !== 0,
    dimensions: Array.from({ length: dimensions.data.length >> 2 }, (_, i) =>
      dimensions.data.readInt32LE(4 * i),
    ),
    name: textOf(name.data),
    content,
  };
}

/** The data elements one behind the other, each with a tag of 8 bytes, or of 4 where it holds at most 4 bytes. */
function elementsOf(data: Buffer, refuse: Refuse): Element[] {
  const elements: Element[] = [];
  let next = 0;
  while (next < data.length) {
    if (next + 8 > data.length) throw refuse('a truncated file');
    if (elements.length === mostElements) throw refuse(`more than ${mostElements} elements in one`);
    const tag = data.readUInt32LE(next);
    const isSmall = tag >>> 16 !== 0;
    const size = isSmall ? tag >>> 16 : data.readUInt32LE(next + 4);
    const start = next + (isSmall ? 4 : 8);
    if (isSmall ? size > 4 : start + size > data.length) throw refuse('a truncated or damaged file');
    const type = isSmall ? tag & 0xffff : tag;
    elements.push({ type, data: data.subarray(start, start + size) });
    // Elements fill whole 8 bytes; compressed ones do not.
    next = isSmall ? next + 8 : start + (type === miCompressed ? size : Math.ceil(size / 8) * 8);
  }
  return elements;
}

function textOf(data: Buffer): string {
  return data.toString('latin1').replace(/\0.*$/s, '');
}

/** MATLAB stores column by column. */
function transpose(columns: Uint8Array, height: number, width: number): Uint8Array {
  const rows = new Uint8Array(height * width);
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height; y++) rows[y * width + x] = columns[x * height + y]!;
  }
  return rows;
}
