import type { Graph, Value } from '../graph/graph.ts';

/**
 * Dropout with a given mask: y = x mask / (1 - rate); dx = dy mask / (1 - rate).
 * The mask is an input of the graph, not drawn inside it: that makes a run repeatable and resumable on any runtime.
 *
 * @param x any shape
 * @param mask uint8, the shape of x: 1 keeps, 0 drops
 */
export function dropout(graph: Graph, x: Value, mask: Value, { rate }: { rate: number }): Value {
  const kept = graph.cast(mask, 'float32');
  const factor = graph.emit('Mul', [kept, graph.float32([1 / (1 - rate)])]);
  const y = graph.emitValue('Mul', [x, factor], {}, 'float32', x.shape);
  return graph.differentiable(y, [[x, (dy) => graph.emit('Mul', [dy, factor])]]);
}
