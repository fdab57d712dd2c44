import { isOfHead } from '../../networks/learned-parameters.ts';
import type { Edge, Graph } from '../graph/graph.ts';

export interface SgdConfig {
  readonly momentum: number;
  readonly weightDecay: number;
  /** Factor of the learning rate of score layers and deconvolutions; default 1. */
  readonly headRate?: number;
}

/**
 * One step of stochastic gradient descent with momentum and weight decay:
 *
 *   v' = momentum v + gradient + weightDecay w;   w' = w - learningRate v'
 *
 * Biases learn at twice the rate and do not decay, as in the reference implementation's solvers. The head learns at
 * `headRate` times the rate.
 *
 * The first two terms are `carried`, asked of the differentiation as a gradient with a carry: the matrix product that
 * computes the gradient of a large weight then adds the momentum on its way.
 *
 * Everything is done on flat vectors: on a shape that ends in 1x1, ONNX Runtime multiplies element by element, at a
 * tenth of the speed.
 */
export function sgdStep(
  graph: Graph,
  { name, value, carried }: { name: string; value: Edge; carried: Edge },
  learningRate: Edge,
  { weightDecay, headRate = 1 }: SgdConfig,
): { value: Edge; momentum: Edge } {
  const times = (x: Edge, factor: number) => graph.emit('Mul', [x, graph.float32([factor])]);
  const bias = isBias(name);
  const rateFactor = (bias ? 2 : 1) * (isOfHead(name) ? headRate : 1);
  const w = graph.reshape(value, [-1]);
  const v = graph.reshape(carried, [-1]);
  const momentum = bias || weightDecay === 0 ? v : graph.emit('Add', [v, times(w, weightDecay)]);
  const rate = rateFactor === 1 ? learningRate : times(learningRate, rateFactor);
  const step = graph.emit('Mul', [momentum, rate]);
  return { value: graph.emit('Sub', [w, step]), momentum };
}

function isBias(name: string): boolean {
  return name.endsWith('.bias');
}
