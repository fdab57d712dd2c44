import type { Edge, Graph } from '../graph/graph.ts';
import type { Carry } from '../graph/tape.ts';

/** A number that changes from step to step: of the update that `update` others came before. */
export type Schedule = (update: number) => number;

/** How one parameter differs from the others, as PyTorch's parameter groups have it. */
export interface ParameterRule {
  /** Factor of the learning rate; default 1. */
  readonly rateFactor?: number;
  /** Factor of the weight decay; default 1. 0: the parameter does not decay. */
  readonly decayFactor?: number;
}

/** What a transformation may use of the parameter whose gradient it is given. All are rows, [1, 1, 1, elements]. */
export interface TransformedPart {
  readonly weight: Edge;
  readonly rule: ParameterRule;
  /** The state before this step, by kind: the one place that may be written over in this step. */
  readonly state: Readonly<Record<string, Edge>>;
  /** float32 [1], by name: what `scalars` gives for this step. */
  readonly scalars: Readonly<Record<string, Edge>>;
  /** What `gather` emitted. */
  readonly gathered: Edge | undefined;
  /** Whether the transformation's `carry` has been added to the gradient before. */
  readonly carried: boolean;
}

/**
 * One link of an optimizer: turns a gradient, or what the link before made of it, into something better to follow
 * (optax calls it a GradientTransformation). It says what it needs, and emits nodes.
 *
 * State is written in place. Nodes that read a kind of state, or the weight, must lead to the result of `emit` or to
 * the kind's own next value, and none may read what is emitted as the next value's old one after it: a runtime orders
 * nodes by their data and nothing else.
 */
export interface Transformation {
  /** Kinds of state that are kept for each parameter, such as `momentum`: as many numbers as it has, zero at first. */
  readonly kinds?: readonly string[];
  /** Inputs of the graph, float32 [1], that change from step to step. */
  readonly scalars?: Readonly<Record<string, Schedule>>;
  /**
   * Whether the result is the gradient plus something that does not depend on it. What a later link wants added to its
   * gradient may then be added before this one.
   */
  readonly adds?: boolean;
  /**
   * A kind of state that, times a factor, is only added to the gradient. Differentiation then adds it inside the matrix
   * product that computes the gradient of a weight (see Carry), if all links before this one only add and the plan does not sum in place.
   */
  readonly carry?: { readonly kind: string } & Pick<Carry, 'factor'>;
  /** What must be known of the gradients of all parameters together. The first link alone may ask for it. */
  gather?(graph: Graph, gradients: readonly WholeGradient[]): Edge;
  /** @returns what replaces the gradient, and the next state of each kind; rows */
  emit(
    graph: Graph,
    gradient: Edge,
    part: TransformedPart,
  ): { readonly gradient: Edge; readonly state?: Readonly<Record<string, Edge>> };
}

/** The gradient of a parameter (or of a band of it), in any shape, with the shape that its parameter has. */
export interface WholeGradient {
  readonly gradient: Edge;
  readonly shape: readonly number[];
}

/** `factor` times `edge`. */
export function times(graph: Graph, edge: Edge, factor: number): Edge {
  return graph.emit('Mul', [edge, graph.float32([factor])]);
}
