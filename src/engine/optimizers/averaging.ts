import type { Edge, Graph } from '../graph/graph.ts';
import { plusTimes } from '../graph/scaled-sum.ts';

/**
 * One step of an exponential moving average of weights, all rows (Polyak & Juditsky 1992; Szegedy et al. 2016,
 * section 8):
 *
 *   average' = decay average + (1 - decay) w' = average + rate (w' - average)
 *
 * The last node alone writes the result, and it is the last to read `average`: it may be overwritten in place.
 * @param next w', the weights after their update
 * @param rate 1 - decay, float32 [1]; see averagingRateAt
 */
export function averagingStep(graph: Graph, average: Edge, next: Edge, rate: Edge): Edge {
  return plusTimes(graph, average, graph.emit('Sub', [next, average]), rate);
}

/**
 * 1 - D for the update that `updates` others came before: D = min(decay, (1 + updates) / (10 + updates)), so that the
 * first averages are not held back by the weights that the run began with (the warm-up of TensorFlow's
 * ExponentialMovingAverage, its num_updates).
 */
export function averagingRateAt(decay: number, updates: number): number {
  return 1 - Math.min(decay, (1 + updates) / (10 + updates));
}
