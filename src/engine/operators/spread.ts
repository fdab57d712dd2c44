import type { Graph, Value } from '../graph/graph.ts';

/**
 * One value for each channel, at every pixel of a map as large as `reference`.
 *
 *   y[n, c, i, j] = x[n, c];  dx[n, c] = sum over i, j of dy[n, c, i, j]
 *
 * @param x [N, C, 1, 1]
 * @param reference [., ., H, W]
 * @returns [N, C, H, W]
 */
export function spread(graph: Graph, x: Value, reference: Value): Value {
  const shape = [x.shape[0]!, x.shape[1]!, reference.shape[2]!, reference.shape[3]!];
  const channels = graph.emit('Shape', [x], { start: 0, end: 2 });
  const pixels = graph.emit('Shape', [reference], { start: 2, end: 4 });
  const target = graph.emit('Concat', [channels, pixels], { axis: 0 });
  const y = graph.emitValue('Expand', [x, target], {}, 'float32', shape);
  return graph.differentiable(y, [
    [x, (dy) => graph.emit('ReduceSum', [dy, graph.int64([2, 3])], { keepdims: 1 })],
  ]);
}
