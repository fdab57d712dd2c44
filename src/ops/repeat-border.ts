import type { Edge, Graph, Value } from '../graph/graph.ts';

/**
 * Extends height and width by one pixel on each side, repeating the border.
 *
 *   y[n, c, i, j] = x[n, c, min(max(i - 1, 0), H - 1), min(max(j - 1, 0), W - 1)]
 *
 * This is linear along each axis, y = A x B with an identity matrix whose first and last rows (A) or columns (B) are
 * doubled; so dx = A' dy B', which adds the frame of dy to the border within.
 *
 * @param x [N, C, H, W]
 * @returns [N, C, H + 2, W + 2]
 */
export function repeatBorder(graph: Graph, x: Value): Value {
  const shape = [x.shape[0]!, x.shape[1]!, graph.unknownSize(), graph.unknownSize()];
  const y = repeatEnds(graph, x, [0, 0, 1, 1]);
  return graph.differentiable(Object.assign(y, { dtype: x.dtype, shape }), [
    [
      x,
      (dy) => {
        const transposedA = repeatEnds(graph, identity(graph, x, 2), [0, 1]); // [H, H + 2]
        const transposedB = repeatEnds(graph, identity(graph, x, 3), [1, 0]); // [W + 2, W]
        return graph.emit('MatMul', [transposedA, graph.emit('MatMul', [dy, transposedB])]);
      },
    ],
  ]);
}

/** `x` with its first and last elements repeated once along the axes that are marked with 1. */
function repeatEnds(graph: Graph, x: Edge, axes: readonly number[]): Edge {
  return graph.emit('Pad', [x, graph.int64([...axes, ...axes])], { mode: 'edge' });
}

/** The identity matrix of the size that an axis of `x` has in the running graph. */
function identity(graph: Graph, x: Edge, axis: number): Edge {
  const size = graph.emit('Shape', [x], { start: axis, end: axis + 1 });
  const square = graph.emit('Concat', [size, size], { axis: 0 });
  return graph.emit('EyeLike', [graph.emit('ConstantOfShape', [square])]);
}
