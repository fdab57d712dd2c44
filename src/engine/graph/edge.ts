import type { DataType } from '../../base/tensor.ts';

/** The size of one axis: a number, or the name of a size that is known only when the graph runs. */
export type Dimension = number | string;
export type Shape = readonly Dimension[];

/** The result of a node or an input of the graph: an edge of the ONNX graph, by name. */
export interface Edge {
  name: string;
}

/** An edge whose element type and shape are known: what operators take and return. Feature maps are [N, C, H, W]. */
export interface Value extends Edge {
  readonly dtype: DataType;
  readonly shape: Shape;
}

/** A dimension that must be known when the graph is built: channels and batch. */
export function fixed(dimension: Dimension | undefined): number {
  if (typeof dimension !== 'number') throw new Error(`expected a fixed dimension, got ${dimension}`);
  return dimension;
}
