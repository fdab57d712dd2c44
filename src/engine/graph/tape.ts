import type { Edge, Value } from './edge.ts';

/** Something to add a gradient to: `factor` times the edge, which has as many elements as the gradient, in any shape. */
export interface Carry {
  readonly edge: Edge;
  readonly factor: number;
}

/** A range of the first axis of a value. */
export interface Rows {
  readonly start: number;
  readonly end: number;
}

/**
 * Gradient of the loss for one input of an operator, from the gradient `dy` for its output. Emits nodes.
 * A rule that is marked 'carries' may be given a carry, and then returns carry + gradient: for when adding as it goes
 * is cheaper than adding afterwards. It may also be asked for some rows of the gradient alone.
 */
export type GradientRule = (dy: Edge, carry?: Carry, rows?: Rows) => Edge;

/**
 * An operator whose result has rows that depend on a few rows of its input: what a rewrite must know to apply it to some of
 * them alone. Row i of the result sees rows i stride to i stride + kernel - 1.
 */
export interface Rowwise {
  readonly kernel: number;
  readonly stride: number;
  /** Applies the operator once more, with the same parameters. */
  apply(x: Value): Value;
}

/** An operator that was applied, with the gradient rule of each input that has one. */
export interface TapeEntry {
  readonly output: Value;
  /** The map that the operator was applied to comes first. */
  readonly inputs: readonly TapeInput[];
  /** Where in the network it stands; see `Node.place`. */
  readonly place: string;
  readonly rowwise?: Rowwise | undefined;
}

export interface TapeInput {
  readonly value: Value;
  readonly gradient: GradientRule;
  /** Whether the rule takes a carry and rows. */
  readonly carries: boolean;
}
