import type { Attributes, Edge, Graph, Value } from '../graph/graph.ts';
import type { GradientRule } from '../graph/tape.ts';

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
    const indices = graph.extraOutput(y); // of each maximum, among all elements of x
    const size = graph.emit('Shape', [x]);
    if (kernel > stride || pad > 0) return scatterAdd(graph, dy, indices, size);
    // The windows do not overlap, so nothing is added up. The pads make MaxUnpool accept the true size of x where
    // ceil mode rounded an odd size up; even sizes ignore them.
    const excess = stride - 1;
    return graph.emit('MaxUnpool', [dy, indices, size], { ...window, pads: [0, 0, excess, excess] });
  };
  if (pad > 0) return graph.differentiable(y, [[x, rule]]);
  const apply = (part: Value) => maxPooling(graph, part, { kernel, stride });
  return graph.differentiable(y, [[x, rule]], { kernel, stride, apply });
}

/** Zeros of the given size with every dy added at its index. */
function scatterAdd(graph: Graph, dy: Edge, indices: Edge, size: Edge): Edge {
  const zeros = graph.reshape(graph.emit('ConstantOfShape', [size]), [-1]);
  const addends = [graph.reshape(indices, [-1]), graph.reshape(dy, [-1])];
  const flat = graph.emit('ScatterElements', [zeros, ...addends], { reduction: 'add' });
  return graph.emit('Reshape', [flat, size]);
}
