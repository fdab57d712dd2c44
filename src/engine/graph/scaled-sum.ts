import type { Edge } from './edge.ts';
import { type Graph, Meaning } from './graph.ts';

/** See plusTimes; from [sum, x, factor]. */
export class ScaledSum extends Meaning {
  override expand(graph: Graph, [sum, x, factor]: readonly Edge[]): Edge {
    return graph.emit('Add', [sum!, graph.emit('Mul', [x!, factor!])]);
  }
}

/**
 * sum + factor x, as all sums of an update are: so a rewrite can compute them in the memory of `sum` (rewrites/sums-in-place.ts).
 * @param sum as x: a row of pixels, [1, 1, 1, elements]
 * @param factor a number, or float32 [1]
 */
export function plusTimes(graph: Graph, sum: Edge, x: Edge, factor: Edge | number): Edge {
  const times = typeof factor === 'number' ? graph.float32([factor]) : factor;
  return graph.emit('ScaledSum', [sum, x, times], {}, new ScaledSum());
}
