import type { Edge, Graph } from '../graph/graph.ts';

export interface SgdConfig {
  readonly momentum: number;
  readonly weightDecay: number;
}

export interface ParameterState {
  readonly name: string;
  /** The parameter's value, its gradient and its momentum, all of one shape. */
  readonly value: Edge;
  readonly gradient: Edge;
  readonly momentum: Edge;
}

/**
 * One step of stochastic gradient descent with momentum and weight decay:
 *
 *   v' = momentum v + (gradient + weightDecay w);   w' = w - learningRate v'
 *
 * Biases learn at twice the rate and do not decay, as in the reference implementation's solvers.
 *
 * @param learningRate float32 [1]
 */
export function sgdStep(
  graph: Graph,
  { name, value, gradient, momentum }: ParameterState,
  learningRate: Edge,
  config: SgdConfig,
): { value: Edge; momentum: Edge } {
  const times = (x: Edge, factor: number) => graph.emit('Mul', [x, graph.float32([factor])]);
  const bias = isBias(name);
  const decayed =
    bias || config.weightDecay === 0 ? gradient : graph.emit('Add', [gradient, times(value, config.weightDecay)]);
  const newMomentum = graph.emit('Add', [times(momentum, config.momentum), decayed]);
  const step = graph.emit('Mul', [newMomentum, bias ? times(learningRate, 2) : learningRate]);
  return { value: graph.emit('Sub', [value, step]), momentum: newMomentum };
}

export function isBias(name: string): boolean {
  return name.endsWith('.bias');
}
