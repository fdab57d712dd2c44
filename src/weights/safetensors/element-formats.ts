import type { DataType } from '../../base/tensor.ts';
import type { HalfFormat } from '../half-precision.ts';

/** How elements of a type are stored, and what we make of them. */
export interface ElementFormat {
  readonly dtype: DataType;
  readonly half?: HalfFormat;
  readonly isDouble?: boolean;
  readonly bytes: number;
}

/** The types of the format that we read, by its names. */
export const elementFormats: ReadonlyMap<string, ElementFormat> = new Map([
  ['F32', { dtype: 'float32', bytes: 4 }],
  ['F16', { dtype: 'float32', half: 'F16', bytes: 2 }],
  ['BF16', { dtype: 'float32', half: 'BF16', bytes: 2 }],
  ['F64', { dtype: 'float32', isDouble: true, bytes: 8 }],
  ['U8', { dtype: 'uint8', bytes: 1 }],
  ['I32', { dtype: 'int32', bytes: 4 }],
  ['I64', { dtype: 'int64', bytes: 8 }],
  ['BOOL', { dtype: 'bool', bytes: 1 }],
]);
/** The names of the types that we write. */
export const formatNames = new Map(
  [...elementFormats]
    .filter(([, { half, isDouble }]) => !half && !isDouble)
    .map(([name, { dtype }]) => [dtype, name]),
);
