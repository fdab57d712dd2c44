import type { Graph, Value } from '../graph/graph.ts';

/** Rectified linear unit that ends at six (MobileNet): y = min(max(x, 0), 6); dx = dy where 0 < y < 6, else 0. Any shape. */
export function relu6(graph: Graph, x: Value): Value {
  const zero = graph.float32([0]);
  const six = graph.float32([6]);
  const y = graph.emitValue('Clip', [x, zero, six], {}, 'float32', x.shape);
  return graph.differentiable(y, [
    [
      x,
      (dy) => {
        const between = graph.emit('And', [graph.emit('Greater', [y, zero]), graph.emit('Less', [y, six])]);
        return graph.emit('Mul', [dy, graph.cast(between, 'float32')]); // faster than Where
      },
    ],
  ]);
}
