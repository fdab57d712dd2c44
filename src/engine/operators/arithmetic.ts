import type { Graph, Value } from '../graph/graph.ts';

/** y = a + b, shapes equal; da = db = dy. Fuses the predictions of two layers. */
export function add(graph: Graph, a: Value, b: Value): Value {
  const y = graph.emitValue('Add', [a, b], {}, 'float32', a.shape);
  return graph.differentiable(y, [
    [a, (dy) => dy],
    [b, (dy) => dy],
  ]);
}

/** y = factor x; dx = factor dy. The at-once network scales its skips so (Shelhamer et al. 2017, section 4.3). */
export function scale(graph: Graph, x: Value, factor: number): Value {
  const y = graph.emitValue('Mul', [x, graph.float32([factor])], {}, 'float32', x.shape);
  return graph.differentiable(y, [[x, (dy) => graph.emit('Mul', [dy, graph.float32([factor])])]]);
}
