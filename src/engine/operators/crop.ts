import type { Graph, Value } from '../graph/graph.ts';
import { spatialSize, zerosAround } from './layout.ts';

/**
 * Cuts x to the height and width of `reference`, starting `offset` pixels from the top and the left
 * (the Crop layer of the reference implementation).
 *
 *   y[n, c, i, j] = x[n, c, i + offset, j + offset]
 *
 * @param x [N, C, H, W]
 * @param reference [., ., H', W'] with H' <= H - offset, W' <= W - offset
 * @returns [N, C, H', W']
 */
export function crop(graph: Graph, x: Value, reference: Value, { offset }: { offset: number }): Value {
  const start = graph.int64([offset, offset]);
  const end = graph.emit('Add', [spatialSize(graph, reference), start]);
  const shape = [x.shape[0]!, x.shape[1]!, reference.shape[2]!, reference.shape[3]!];
  const y = graph.emitValue('Slice', [x, start, end, graph.int64([2, 3])], {}, 'float32', shape);
  return graph.differentiable(y, [
    [
      x,
      // dy in its place, zeros around it.
      (dy) => {
        const after = graph.emit('Sub', [spatialSize(graph, x), end]);
        return zerosAround(graph, dy, start, after);
      },
    ],
  ]);
}
