import type { Edge, Graph, Value } from '../graph/graph.ts';
import { spatialSize } from './layout.ts';

/** Where the pixels of a map lie among those of the result: entry i of each axis is on pixel stride * i + origin. */
export interface MapPlace {
  readonly stride: number;
  readonly origin: number;
}

/** What a map is beyond its border: what it is at the border, or zero. */
export type Beyond = 'border' | 'zero';

/**
 * Bilinear interpolation of a map at the pixels of `reference`. With zeros beyond the border it is what a deconvolution with bilinear
 * weights computes.
 *
 *   y[n, c, p, q] = sum over i, j of a(p, i) a(q, j) x[n, c, i, j],  a(p, i) = max(0, 1 - |place(p) - i|)
 *   place(p) = (p - origin) / stride, and with the border beyond it min(max(place(p), 0), H - 1), for columns with W
 *
 * This is linear along each axis, y = A x B', so dx = A' dy B. The matrices are small, and matrix products are fast in all
 * runtimes, which is not said of Resize and its gradient.
 *
 * @param x [N, C, H, W]
 * @param reference [., ., H', W']
 * @returns [N, C, H', W']
 */
export function interpolate(
  graph: Graph,
  x: Value,
  {
    reference,
    beyond = 'border',
    ...place
  }: MapPlace & { readonly reference: Value; readonly beyond?: Beyond },
): Value {
  const a = weights(graph, x, reference, { ...place, beyond }, 2);
  const b = weights(graph, x, reference, { ...place, beyond }, 3);
  const transposed = (matrix: Edge) => graph.emit('Transpose', [matrix], { perm: [1, 0] });
  const shape = [x.shape[0]!, x.shape[1]!, reference.shape[2]!, reference.shape[3]!];
  const rows = graph.emit('MatMul', [x, transposed(b)]);
  const y = graph.emitValue('MatMul', [a, rows], {}, 'float32', shape);
  return graph.differentiable(y, [
    [x, (dy) => graph.emit('MatMul', [transposed(a), graph.emit('MatMul', [dy, b])])],
  ]);
}

/** How much each entry of an axis of `x` (columns) counts at each pixel of that axis of `reference` (rows). */
function weights(
  graph: Graph,
  x: Value,
  reference: Value,
  { stride, origin, beyond }: MapPlace & { readonly beyond: Beyond },
  axis: 2 | 3,
): Edge {
  const sizeOf = (value: Value) => graph.emit('Gather', [spatialSize(graph, value), graph.int64([axis - 2])]);
  const upTo = (size: Edge) => {
    const scalar = (edge: Edge) => graph.emit('Squeeze', [edge]);
    const range = graph.emit('Range', [scalar(graph.int64([0])), scalar(size), scalar(graph.int64([1]))]);
    return graph.cast(range, 'float32');
  };
  const size = sizeOf(x);
  const number = (value: number) => graph.float32([value]);
  const moved = graph.emit('Mul', [
    graph.emit('Sub', [upTo(sizeOf(reference)), number(origin)]),
    number(1 / stride),
  ]);
  const within = () => {
    const last = graph.emit('Sub', [graph.cast(size, 'float32'), number(1)]);
    return graph.emit('Min', [graph.emit('Max', [moved, number(0)]), last]);
  };
  const places = graph.reshape(beyond === 'border' ? within() : moved, [-1, 1]);
  const apart = graph.emit('Abs', [graph.emit('Sub', [places, upTo(size)])]);
  return graph.emit('Max', [graph.emit('Sub', [number(1), apart]), number(0)]);
}
