import type { Graph, Value } from '../graph/graph.ts';

/**
 * Max pooling over 2x2 windows with stride 2, sizes rounded up as in Caffe (a window at an odd edge sees what is there).
 *
 *   y[n, c, i, j] = max of x[n, c, 2i .. 2i + 1, 2j .. 2j + 1]
 *
 * @param x [N, C, H, W]
 * @returns [N, C, ceil(H / 2), ceil(W / 2)]
 */
export function maxPooling(graph: Graph, x: Value): Value {
  const halving = { kernel_shape: [2, 2], strides: [2, 2] };
  const shape = [x.shape[0]!, x.shape[1]!, graph.unknownSize(), graph.unknownSize()];
  const y = graph.emitValue('MaxPool', [x], { ...halving, ceil_mode: 1 }, 'float32', shape);
  return graph.differentiable(y, [
    [
      x,
      // Each dy goes to the place its maximum came from. The windows do not overlap, so nothing is added up. The pads
      // make MaxUnpool accept the true size of x where ceil mode rounded an odd size up; even sizes ignore them.
      (dy) => {
        const indices = graph.extraOutput(y);
        const size = graph.emit('Shape', [x]);
        return graph.emit('MaxUnpool', [dy, indices, size], { ...halving, pads: [0, 0, 1, 1] });
      },
    ],
  ]);
}
