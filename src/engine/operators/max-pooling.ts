import type { Edge, Graph, Value } from '../graph/graph.ts';
import type { GradientRule } from '../graph/tape.ts';

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
    const indices = graph.extraOutput(y); // of each maximum, among all elements of x
    const size = graph.emit('Shape', [x]);
    if (kernel > stride) return scatterAdd(graph, dy, indices, size);
    // The windows do not overlap, so nothing is added up. The pads make MaxUnpool accept the true size of x where
    // ceil mode rounded an odd size up; even sizes ignore them.
    const excess = stride - 1;
    return graph.emit('MaxUnpool', [dy, indices, size], { ...window, pads: [0, 0, excess, excess] });
  };
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
