import { sizeOf } from '../../base/tensor.ts';
import type { Edge, Graph, Value } from '../graph/graph.ts';
import { plusTimes } from '../graph/scaled-sum.ts';
import { averagingStep } from '../optimizers/averaging.ts';
import { descend } from '../optimizers/descent.ts';
import { averageKind, carriedLink, kindsOf, type Optimizer, scalarsOf } from '../optimizers/optimizer.ts';
import type { ParameterRule, TransformedPart, WholeGradient } from '../optimizers/transformation.ts';
import type { RunningAverage } from '../parameters/parameter.ts';
import { stateNames } from './names.ts';
import { rowOf } from './row.ts';

/** What is updated at once: a parameter, or a band of one (rewrites/bands.ts). */
export interface UpdatedPart {
  readonly name: string;
  readonly shape: readonly number[];
  readonly value: Value;
  readonly rule: ParameterRule;
  /** The state before the step, by kind, each in a row (row.ts). */
  readonly state: Readonly<Record<string, Edge>>;
}

/** The inputs of a graph that an optimizer feeds at each step, float32 [1], by name. */
export function scalarInputs(graph: Graph, optimizer: Optimizer): Record<string, Edge> {
  const names = Object.keys(scalarsOf(optimizer));
  return Object.fromEntries(names.map((name) => [name, graph.input(name, 'float32', [1])]));
}

/** The state of every part, as inputs of a graph: of each kind `NAME.KIND`, in a row. */
export function stateInputs(
  graph: Graph,
  parts: readonly Pick<UpdatedPart, 'name' | 'shape'>[],
  optimizer: Optimizer,
): Record<string, Edge>[] {
  const kinds = kindsOf(optimizer).map((kind) => {
    return [kind, rowInputs(graph, parts, (name) => stateNames.of(kind, name))] as const;
  });
  return parts.map((_, i) => Object.fromEntries(kinds.map(([kind, inputs]) => [kind, inputs[i]!])));
}

/** An input for each part, a row of as many numbers as it has. */
export function rowInputs(
  graph: Graph,
  parts: readonly Pick<UpdatedPart, 'name' | 'shape'>[],
  nameOf: (name: string) => string,
): Value[] {
  return parts.map(({ name, shape }) => graph.input(nameOf(name), 'float32', rowOf(sizeOf(shape))));
}

/** What the first link of an optimizer has to know of all gradients together, if anything. */
export function gather(
  graph: Graph,
  { links }: Optimizer,
  gradients: readonly WholeGradient[],
): Edge | undefined {
  return links[0]?.gather?.(graph, gradients);
}

/**
 * The update of one part, from the gradient to the outputs `NAME.next` and `NAME.KIND.next`, which may be written over the
 * part and its state.
 *
 * Everything is done on rows: on a shape that ends in 1x1, ONNX Runtime multiplies element by element, at a tenth of the speed.
 * @param gradient in any shape
 * @param given `scalars`: see scalarInputs; `learning_rate` is available only when the weight may be written. `carried`: whether the gradient
 * has what the optimizer's carried link adds to it
 */
export function emitUpdate(
  graph: Graph,
  { name, shape, value, rule, state }: UpdatedPart,
  gradient: Edge,
  optimizer: Optimizer,
  { carried, ...given }: Pick<TransformedPart, 'scalars' | 'gathered' | 'carried'>,
): void {
  const weight = graph.reshape(value, rowOf(-1));
  const carriedOne = carriedLink(optimizer);
  const next: Record<string, Edge> = {};
  let direction = graph.reshape(gradient, rowOf(-1));
  for (const link of optimizer.links) {
    const part = { ...given, weight, rule, state, carried: carried && link === carriedOne };
    const result = link.emit(graph, direction, part);
    direction = result.gradient;
    Object.assign(next, result.state);
  }
  const nextWeight = descend(graph, weight, direction, given.scalars.learning_rate!, rule);
  outputRow(graph, name, nextWeight, shape);
  for (const [kind, edge] of Object.entries(next)) outputRow(graph, stateNames.of(kind, name), edge, shape);
  if (optimizer.averaging > 0) {
    const average = averagingStep(graph, state[averageKind]!, nextWeight, given.scalars.averaging_rate!);
    outputRow(graph, stateNames.of(averageKind, name), average, shape);
  }
}

/** The next value of a running average, `NAME.next`, which may be written over the average. */
export function emitAverage(graph: Graph, { name, shape, value, following, rate }: RunningAverage): void {
  const row = graph.reshape(value, rowOf(-1));
  const way = graph.emit('Sub', [graph.reshape(following, rowOf(-1)), row]);
  outputRow(graph, name, plusTimes(graph, row, way, rate), shape);
}

/** The result `NAME.next`, a row. */
export function outputRow(graph: Graph, name: string, edge: Edge, shape: readonly number[]): void {
  graph.output(stateNames.next(name), edge, 'float32', rowOf(sizeOf(shape)));
}
