import type { Edge, Graph, Value } from '../graph/graph.ts';
import { identity } from './layout.ts';

/** How often a border is repeated: above and left of a map, and below and right of it; int64 [2] for rows, columns. */
export interface Repetitions {
  readonly before: number;
  readonly after: number | Edge;
}

/**
 * Extends height and width on each side, repeating the border.
 *
 *   y[n, c, i, j] = x[n, c, min(max(i - before, 0), H - 1), min(max(j - before, 0), W - 1)]
 *
 * This is linear along each axis, y = A x B with an identity matrix whose first and last rows (A) or columns (B) are
 * repeated; so dx = A' dy B', which adds the frame of dy to the border within.
 *
 * @param x [N, C, H, W]
 * @returns [N, C, before + H + after, before + W + after]
 */
export function repeatBorder(graph: Graph, x: Value, { before, after }: Repetitions): Value {
  const none = graph.int64([0]);
  const first = graph.int64([before]);
  const last = typeof after === 'number' ? graph.int64([after, after]) : after;
  const lastOf = (axis: 0 | 1) => graph.emit('Gather', [last, graph.int64([axis])]);
  const repeatEnds = (edge: Edge, pads: readonly Edge[]) =>
    graph.emit('Pad', [edge, graph.emit('Concat', pads, { axis: 0 })], { mode: 'edge' });

  const shape = [x.shape[0]!, x.shape[1]!, graph.unknownSize(), graph.unknownSize()];
  const y = repeatEnds(x, [none, none, first, first, none, none, last]);
  return graph.differentiable(Object.assign(y, { dtype: x.dtype, shape }), [
    [
      x,
      (dy) => {
        const transposedA = repeatEnds(identity(graph, x, 2), [none, first, none, lastOf(0)]); // [H, before + H + after]
        const transposedB = repeatEnds(identity(graph, x, 3), [first, none, lastOf(1), none]); // [before + W + after, W]
        return graph.emit('MatMul', [transposedA, graph.emit('MatMul', [dy, transposedB])]);
      },
    ],
  ]);
}
