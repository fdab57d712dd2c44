import { sizeOf } from '../../base/tensor.ts';
import type { Rows } from '../graph/tape.ts';
import type { Parameter } from '../parameters/parameter.ts';

/**
 * Some rows of a parameter, under a name of their own: `fc6.weight[0:64]`. fc6 has 103 million weights: its gradient and each
 * intermediate result of its update would be 411 MB. Band by band they stay in the processor's cache. A band is not a
 * copy: its memory is that of the parameter.
 */
export interface Band {
  readonly name: string;
  readonly rows: Rows;
  readonly shape: readonly number[];
}

export type BandedParameter = Pick<Parameter, 'name' | 'shape' | 'initialization'>;

/** Elements of a band, about; parameters with more than twice as many are split. */
const largest = 2 ** 21;

/**
 * The bands of a parameter in their order; one, with the parameter's own name, where it is small or a deconvolution's
 * (whose gradient comes at once).
 */
export function bandsOf({ name, shape, initialization }: BandedParameter): readonly Band[] {
  const [count = 1, ...rest] = shape;
  const rowSize = sizeOf(rest);
  if (count * rowSize <= 2 * largest || initialization === 'bilinear') return [wholeOf({ name, shape })];
  const height = Math.max(1, Math.floor(largest / rowSize));
  return Array.from({ length: Math.ceil(count / height) }, (_, i): Band => {
    const rows = { start: i * height, end: Math.min(count, (i + 1) * height) };
    return { name: `${name}[${rows.start}:${rows.end}]`, rows, shape: [rows.end - rows.start, ...rest] };
  });
}

/** A parameter as one band. */
export function wholeOf({ name, shape }: Pick<Parameter, 'name' | 'shape'>): Band {
  return { name, rows: { start: 0, end: shape[0] ?? 1 }, shape };
}
