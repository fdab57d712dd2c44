import type { Edge, Graph, Value } from '../graph/graph.ts';
import { identity, spatialSize } from './layout.ts';

/**
 * A map at the height and width of `reference`, interpolated bilinearly: pixels are areas whose outer edges fall together
 * (PyTorch's interpolate with align_corners=False), and beyond the centers of the first and last ones these are repeated.
 *
 *   y = A x B',  A[i, k] = max(0, 1 - |k - u_i|),  u_i = clamp((i + 1/2) H / H' - 1/2, 0, H - 1), and so B
 *   dx = A' dy B
 *
 * @param x [N, C, H, W]
 * @param reference [., ., H', W'] with H' >= H and W' >= W
 * @returns [N, C, H', W']
 */
export function resizeBilinear(graph: Graph, x: Value, reference: Value): Value {
  const size = spatialSize(graph, reference);
  const y = graph.emitValue('Resize', resizeInputs(graph, x, size), linear, 'float32', [
    ...x.shape.slice(0, 2),
    ...reference.shape.slice(2),
  ]);
  return graph.differentiable(y, [
    [
      x,
      (dy) => {
        const a = interpolation(graph, x, 2, size);
        const b = interpolation(graph, x, 3, size);
        const transposed = graph.emit('Transpose', [a], { perm: [1, 0] });
        return graph.emit('MatMul', [transposed, graph.emit('MatMul', [dy, b])]);
      },
    ],
  ]);
}

const linear = { mode: 'linear', coordinate_transformation_mode: 'half_pixel' };

/** Inputs of Resize: neither a region nor scales, but the sizes of the result. @param size int64 [2] */
function resizeInputs(graph: Graph, x: Edge, size: Edge): Edge[] {
  const planes = graph.emit('Shape', [x], { start: 0, end: 2 });
  const none = graph.float32([], [0]);
  return [x, none, none, graph.emit('Concat', [planes, size], { axis: 0 })];
}

/** The matrix that interpolates along an axis of `x`, a row for each pixel of the result: an identity matrix, resized. */
function interpolation(graph: Graph, x: Edge, axis: 2 | 3, size: Edge): Edge {
  const columns = graph.emit('Shape', [x], { start: axis, end: axis + 1 });
  const rows = graph.emit('Gather', [size, graph.int64([axis - 2])]);
  const image = graph.emit('Unsqueeze', [identity(graph, x, axis), graph.int64([0, 1])]);
  const shape = graph.emit('Concat', [rows, columns], { axis: 0 });
  const resized = graph.emit('Resize', resizeInputs(graph, image, shape), linear);
  return graph.emit('Squeeze', [resized, graph.int64([0, 1])]);
}
