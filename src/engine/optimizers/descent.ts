import type { Edge, Graph } from '../graph/graph.ts';
import { plusTimes } from '../graph/scaled-sum.ts';
import { type ParameterRule, times } from './transformation.ts';

/**
 * The end of every chain: w' = w - rate * rateFactor * direction.
 *
 * It is no link like the others because it is where weights are written: `rate` comes with the order of all that must
 * have been read before (rewrites/ordering.ts).
 * @param rate float32 [1]
 */
export function descend(
  graph: Graph,
  weight: Edge,
  direction: Edge,
  rate: Edge,
  { rateFactor = 1 }: ParameterRule,
): Edge {
  return plusTimes(graph, weight, direction, times(graph, rate, -rateFactor));
}
