import type { Graph, Value } from '../graph/graph.ts';
import type { GradientRule } from '../graph/tape.ts';
import { MaxPoolingGradient } from './max-pooling-gradient.ts';

/**
 * Max pooling without padding, sizes rounded up as in Caffe (a window at the edge sees what is there).
 *
 *   y[n, c, i, j] = max of x[n, c, i stride .. i stride + kernel - 1, j stride .. j stride + kernel - 1]
 *   dx[p] = sum of dy over the windows whose maximum is at p; of equal maxima it is at the first
 *
 * @param x [N, C, H, W]
 * @returns [N, C, ceil((H - kernel) / stride) + 1, ceil((W - kernel) / stride) + 1]
 */
export function maxPooling(graph: Graph, x: Value, { kernel = 2, stride = 2 } = {}): Value {
  const window = { kernel_shape: [kernel, kernel], strides: [stride, stride] };
  const sizeOf = (length: number) => Math.ceil((length - kernel) / stride) + 1;
  const sizes = x.shape.slice(2).map((length) => graph.sizeAfter(length, sizeOf));
  const shape = [x.shape[0]!, x.shape[1]!, ...sizes];
  const y = graph.emitValue('MaxPool', [x], { ...window, ceil_mode: 1 }, 'float32', shape);
  const rule: GradientRule = (dy) => {
    return graph.emit('MaxPoolingGradient', [dy, x, y], {}, new MaxPoolingGradient({ kernel, stride }));
  };
  const apply = (part: Value) => maxPooling(graph, part, { kernel, stride });
  return graph.differentiable(y, [[x, rule]], { kernel, stride, apply });
}
