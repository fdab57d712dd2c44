import type { Attributes, Graph, Value } from '../graph/graph.ts';
import type { GradientRule } from '../graph/tape.ts';
import { MaxPoolingGradient } from './max-pooling-gradient.ts';

export interface MaxPoolingOptions {
  readonly kernel?: number;
  readonly stride?: number;
  /** Pixels on each side that are not there: they are never the maximum. */
  readonly pad?: number;
  /** Pixels from one element of a window to the next. */
  readonly dilation?: number;
}

/**
 * Max pooling. Without padding sizes are rounded up as in Caffe (a window at the edge sees what is there), with it down as in
 * PyTorch, so that ResNet's first windows are centered on pixels 0, 2, 4, ... (p = pad).
 *
 *   y[n, c, i, j] = max of x[n, c, i stride - p + d u, j stride - p + d v] over u and v = 0 .. kernel - 1   (d = dilation)
 *   dx[p] = sum of dy over the windows whose maximum is at p; of equal maxima it is at the first
 *
 * @param x [N, C, H, W]
 * @returns [N, C, H', W'] with H' = ceil((H - span) / stride) + 1, padded floor((H + 2 p - span) / stride) + 1, span = d (kernel - 1) + 1; and so W'
 */
export function maxPooling(
  graph: Graph,
  x: Value,
  { kernel = 2, stride = 2, pad = 0, dilation = 1 }: MaxPoolingOptions = {},
): Value {
  const span = dilation * (kernel - 1) + 1;
  const window: Attributes = {
    ...{ kernel_shape: [kernel, kernel], strides: [stride, stride] },
    ...(dilation > 1 && { dilations: [dilation, dilation] }),
  };
  const edges: Attributes = pad > 0 ? { pads: [pad, pad, pad, pad] } : { ceil_mode: 1 };
  const round = pad > 0 ? Math.floor : Math.ceil;
  const sizeOf = (length: number) => round((length + 2 * pad - span) / stride) + 1;
  const sizes = x.shape.slice(2).map((length) => graph.sizeAfter(length, sizeOf));
  const shape = [x.shape[0]!, x.shape[1]!, ...sizes];
  const y = graph.emitValue('MaxPool', [x], { ...window, ...edges }, 'float32', shape);
  const rule: GradientRule = (dy) => {
    const meaning = new MaxPoolingGradient({ kernel, stride, pad, dilation });
    return graph.emit('MaxPoolingGradient', [dy, x, y], {}, meaning);
  };
  if (pad > 0) return graph.differentiable(y, [[x, rule]]);
  const apply = (part: Value) => maxPooling(graph, part, { kernel, stride, dilation });
  return graph.differentiable(y, [[x, rule]], { kernel: span, stride, apply });
}
