import type { Attributes, Graph, Value } from '../graph/graph.ts';
import type { GradientRule } from '../graph/tape.ts';
import { MaxPoolingGradient } from './max-pooling-gradient.ts';

export interface MaxPoolingOptions {
  readonly kernel?: number;
  readonly stride?: number;
  /** Pixels on each side that are not there: they are never the maximum. */
  readonly pad?: number;
}

/**
 * Max pooling. Without padding sizes are rounded up as in Caffe (a window at the edge sees what is there), with it down as in
 * PyTorch, so that ResNet's first windows are centered on pixels 0, 2, 4, ... (p = pad).
 *
 *   y[n, c, i, j] = max of x[n, c, i stride - p .. i stride - p + kernel - 1, j stride - p .. j stride - p + kernel - 1]
 *   dx[p] = sum of dy over the windows whose maximum is at p; of equal maxima it is at the first
 *
 * @param x [N, C, H, W]
 * @returns [N, C, H', W'] with H' = ceil((H - kernel) / stride) + 1, padded floor((H + 2 p - kernel) / stride) + 1, and so W'
 */
export function maxPooling(
  graph: Graph,
  x: Value,
  { kernel = 2, stride = 2, pad = 0 }: MaxPoolingOptions = {},
): Value {
  const window = { kernel_shape: [kernel, kernel], strides: [stride, stride] };
  const edges: Attributes = pad > 0 ? { pads: [pad, pad, pad, pad] } : { ceil_mode: 1 };
  const round = pad > 0 ? Math.floor : Math.ceil;
  const sizeOf = (length: number) => round((length + 2 * pad - kernel) / stride) + 1;
  const sizes = x.shape.slice(2).map((length) => graph.sizeAfter(length, sizeOf));
  const shape = [x.shape[0]!, x.shape[1]!, ...sizes];
  const y = graph.emitValue('MaxPool', [x], { ...window, ...edges }, 'float32', shape);
  const rule: GradientRule = (dy) => {
    return graph.emit('MaxPoolingGradient', [dy, x, y], {}, new MaxPoolingGradient({ kernel, stride, pad }));
  };
  if (pad > 0) return graph.differentiable(y, [[x, rule]]);
  const apply = (part: Value) => maxPooling(graph, part, { kernel, stride });
  return graph.differentiable(y, [[x, rule]], { kernel, stride, apply });
}
