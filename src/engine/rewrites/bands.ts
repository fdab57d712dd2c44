import { sizeOf } from '../../base/tensor.ts';
import type { Value } from '../graph/edge.ts';
import type { Graph } from '../graph/graph.ts';
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

type Sized = Pick<Parameter, 'name' | 'shape'>;

/**
 * The bands of a parameter in their order; one, with the parameter's own name, where it is small.
 * @param elements of a band, about: a parameter of more than twice as many is split; null: none is
 */
export function bandsOf({ name, shape }: Sized, elements: number | null): readonly Band[] {
  const [count = 1, ...rest] = shape;
  const rowSize = sizeOf(rest);
  if (elements === null || count * rowSize <= 2 * elements) return [wholeOf({ name, shape })];
  const height = Math.max(1, Math.floor(elements / rowSize));
  return Array.from({ length: Math.ceil(count / height) }, (_, i): Band => {
    const rows = { start: i * height, end: Math.min(count, (i + 1) * height) };
    return { name: `${name}[${rows.start}:${rows.end}]`, rows, shape: [rows.end - rows.start, ...rest] };
  });
}

/** A parameter as one band. */
export function wholeOf({ name, shape }: Sized): Band {
  return { name, rows: { start: 0, end: shape[0] ?? 1 }, shape };
}

/** A band that is an input of a graph. */
export type BandInput = Band & { readonly value: Value };

/**
 * Splits the large parameters of a network whose gradients are still to come: each band becomes an input of its own, which gets
 * its rows of the gradient. A parameter stays whole where a rule gives its gradient at once (a deconvolution's).
 * @param elements see bandsOf
 * @returns the bands, by the name of the parameter, of those that were split
 */
export function splitInBands(
  graph: Graph,
  parameters: readonly Pick<Parameter, 'name' | 'shape' | 'value'>[],
  elements: number | null,
): ReadonlyMap<string, readonly BandInput[]> {
  const split = new Map<string, readonly BandInput[]>();
  for (const parameter of parameters) {
    const bands = bandsOf(parameter, elements);
    if (bands.length === 1 || !comesInRows(graph, parameter.value)) continue;
    const inputs = bands.map((band) => ({ ...band, value: graph.input(band.name, 'float32', band.shape) }));
    graph.splitRows(
      parameter.value,
      inputs.map(({ value, rows }) => [value, rows]),
    );
    split.set(parameter.name, inputs);
  }
  return split;
}

function comesInRows({ tape }: Graph, value: Value): boolean {
  return tape.every(({ inputs }) => inputs.every((input) => input.value !== value || input.carries));
}
