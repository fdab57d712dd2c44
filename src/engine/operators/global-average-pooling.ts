import type { Graph, Value } from '../graph/graph.ts';
import { spatialSize } from './layout.ts';

/**
 * The average over each feature map.
 *
 *   y[n, c] = sum over i, j of x[n, c, i, j] / (H W);  dx[n, c, i, j] = dy[n, c] / (H W)
 *
 * @param x [N, C, H, W]
 * @returns [N, C, 1, 1]
 */
export function globalAveragePooling(graph: Graph, x: Value): Value {
  const y = graph.emitValue('GlobalAveragePool', [x], {}, 'float32', [x.shape[0]!, x.shape[1]!, 1, 1]);
  return graph.differentiable(y, [
    [
      x,
      (dy) => {
        const pixels = graph.emit('ReduceProd', [spatialSize(graph, x)], { axes: [0], keepdims: 0 });
        const share = graph.emit('Div', [dy, graph.cast(pixels, 'float32')]);
        return graph.emit('Expand', [share, graph.emit('Shape', [x])]);
      },
    ],
  ]);
}
