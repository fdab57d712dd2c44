import type { Edge, Graph, Value } from '../graph/graph.ts';
import { identity } from './layout.ts';

/**
 * Makes a map larger by repeating row `at` and column `at`: what is before and behind them stays as it is.
 *
 *   y[n, c, i, j] = x[n, c, max(min(i, at), i - (H' - H)), max(min(j, at), j - (W' - W))]
 *
 * This is linear along each axis, y = A x B', where A and B are identity matrices of which row `at` is repeated; so
 * dx = A' dy B, which adds up what the copies get.
 *
 * @param x [N, C, H, W]
 * @param size H' >= H and W' >= W, int64 [2]
 * @returns [N, C, H', W']
 */
export function stretch(graph: Graph, x: Value, { at, size }: { at: number; size: Edge }): Value {
  const a = repeatedIdentity(graph, x, 2, at, graph.emit('Gather', [size, graph.int64([0])]));
  const b = repeatedIdentity(graph, x, 3, at, graph.emit('Gather', [size, graph.int64([1])]));
  const transposed = (matrix: Edge) => graph.emit('Transpose', [matrix]);
  const shape = [x.shape[0]!, x.shape[1]!, graph.unknownSize(), graph.unknownSize()];
  const rows = graph.emit('MatMul', [a, x]);
  const y = graph.emitValue('MatMul', [rows, transposed(b)], {}, 'float32', shape);
  return graph.differentiable(y, [
    [x, (dy) => graph.emit('MatMul', [transposed(a), graph.emit('MatMul', [dy, b])])],
  ]);
}

/** The identity matrix of the size of an axis of `x`, with row `at` repeated until there are `size` rows. */
function repeatedIdentity(graph: Graph, x: Edge, axis: number, at: number, size: Edge): Edge {
  const scalar = (edge: Edge) => graph.emit('Squeeze', [edge]);
  const zero = scalar(graph.int64([0]));
  const target = graph.emit('Range', [zero, scalar(size), scalar(graph.int64([1]))]);
  const added = graph.emit('Sub', [size, graph.emit('Shape', [x], { start: axis, end: axis + 1 })]);
  const upToRow = graph.emit('Min', [target, graph.int64([at])]);
  const source = graph.emit('Max', [upToRow, graph.emit('Sub', [target, added])]);
  return graph.emit('Gather', [identity(graph, x, axis), source], { axis: 0 });
}
