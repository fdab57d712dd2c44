import type { Edge } from '../graph/edge.ts';
import { type Graph, Meaning } from '../graph/graph.ts';
import { spatialSize } from './layout.ts';

export interface PoolingWindow {
  readonly kernel: number;
  readonly stride: number;
  /** Pixels on each side that are not there. */
  readonly pad: number;
  /** Pixels from one element to the next. */
  readonly dilation: number;
}

/** The gradient of max pooling for its input, from [dy, x, y]. */
export class MaxPoolingGradient extends Meaning {
  readonly window: PoolingWindow;

  constructor(window: PoolingWindow) {
    super();
    this.window = window;
  }

  override expand(graph: Graph, [dy, x, y]: readonly Edge[]): Edge {
    return indexedGradient(graph, { dy: dy!, x: x!, y: y! }, this.window);
  }
}

interface PoolingEdges {
  readonly dy: Edge;
  readonly x: Edge;
  readonly y: Edge;
}

/** dx with the places of the maxima, which the pooling is asked for. */
function indexedGradient(
  graph: Graph,
  { dy, x, y }: PoolingEdges,
  { kernel, stride, pad, dilation }: PoolingWindow,
): Edge {
  const indices = graph.extraOutput(y); // of each maximum, among all elements of x
  const size = graph.emit('Shape', [x]);
  if (dilation * (kernel - 1) >= stride || pad > 0) return scatterAdd(graph, dy, indices, size);
  // The windows do not overlap, so nothing is added up. The pads make MaxUnpool accept the true size of x where
  // ceil mode rounded an odd size up; even sizes ignore them.
  const excess = stride - 1;
  return graph.emit('MaxUnpool', [dy, indices, size], {
    ...{ kernel_shape: [kernel, kernel], strides: [stride, stride] },
    pads: [0, 0, excess, excess],
  });
}

/** Zeros of the given size with every dy added at its index. */
function scatterAdd(graph: Graph, dy: Edge, indices: Edge, size: Edge): Edge {
  const zeros = graph.reshape(graph.emit('ConstantOfShape', [size]), [-1]);
  const addends = [graph.reshape(indices, [-1]), graph.reshape(dy, [-1])];
  const flat = graph.emit('ScatterElements', [zeros, ...addends], { reduction: 'add' });
  return graph.emit('Reshape', [flat, size]);
}

/** Less than any activation. */
const lowest = -3.4e38;

/**
 * dx of max pooling without the places of the maxima, which not every device gives: by comparing. Offset k = (u, v) of every
 * window sees x_k: x from (u, v) on, every `stride` pixels, of the size of y. With rest_0 = dy,
 *
 *   dx_k = rest_k where x_k = y, else 0;   rest_(k + 1) = 0 where x_k = y, else rest_k
 *
 * gives each dy to the first maximum of its window. Offsets whose u and v are the same modulo the stride meet the same pixels of
 * x, (floor(u / stride), floor(v / stride)) windows apart: their dx_k are shifted by that and added. The stride^2 maps that this
 * gives are interleaved by DepthToSpace.
 */
export function comparedGradient(
  graph: Graph,
  { dy, x, y }: PoolingEdges,
  { kernel, stride, pad, dilation }: PoolingWindow,
): Edge {
  const [zero, spatial, start] = [graph.float32([0]), graph.int64([2, 3]), graph.int64([pad, pad])];
  const size = spatialSize(graph, y);
  const reach = Math.floor((dilation * (kernel - 1)) / stride); // windows, by which the last offset is shifted
  const seen = seenBy(graph, x, size, { stride, reach, pad });
  const phases: (Edge | undefined)[] = Array.from({ length: stride * stride });
  let rest = dy;
  for (let k = 0; k < kernel * kernel; k++) {
    const [u, v] = [dilation * Math.floor(k / kernel), dilation * (k % kernel)];
    const isLast = k === kernel * kernel - 1;
    const isMaximum = isLast ? undefined : graph.emit('Equal', [seen(u, v), y]);
    const share = isMaximum ? graph.emit('Where', [isMaximum, rest, zero]) : rest;
    if (isMaximum) rest = graph.emit('Where', [isMaximum, zero, rest]);
    const [down, right] = [Math.floor(u / stride), Math.floor(v / stride)];
    const pads = graph.int64([0, 0, down, right, 0, 0, reach - down, reach - right]);
    const shifted = reach > 0 ? graph.emit('Pad', [share, pads]) : share;
    const phase = (u % stride) * stride + (v % stride);
    const sum = phases[phase];
    phases[phase] = sum ? graph.emit('Add', [sum, shifted]) : shifted;
  }
  // Windows whose elements lie apart may never meet some pixels.
  const none = phases.includes(undefined) ? graph.emit('Mul', [phases[0]!, zero]) : undefined;
  const stacked = graph.emit(
    'Concat',
    phases.map((phase) => phase ?? none!),
    { axis: 1 },
  );
  const whole = stride > 1 ? graph.emit('DepthToSpace', [stacked], { blocksize: stride }) : stacked;
  const end = pad > 0 ? graph.emit('Add', [spatialSize(graph, x), start]) : spatialSize(graph, x);
  return graph.emit('Slice', [whole, start, end, spatial]);
}

/** What the offset (u, v) of all windows sees. x is extended to whole strides first: windows may reach beyond its end. */
function seenBy(
  graph: Graph,
  x: Edge,
  size: Edge,
  { stride, reach, pad }: { stride: number; reach: number; pad: number },
): (u: number, v: number) => Edge {
  const [steps, one, none] = [graph.int64([stride, stride]), graph.int64([1, 1]), graph.int64([0, 0])];
  const whole = graph.emit('Mul', [graph.emit('Add', [size, graph.int64([reach, reach])]), steps]);
  const before = graph.int64([pad, pad]);
  const missing = graph.emit('Sub', [graph.emit('Sub', [whole, before]), spatialSize(graph, x)]);
  const pads = graph.emit('Concat', [none, before, none, missing], { axis: 0 });
  const extended = graph.emit('Pad', [x, pads, graph.float32([lowest])]);
  const span = graph.emit('Add', [graph.emit('Mul', [graph.emit('Sub', [size, one]), steps]), one]);
  return (u, v) => {
    const start = graph.int64([u, v]);
    const end = graph.emit('Add', [span, start]);
    return graph.emit('Slice', [extended, start, end, graph.int64([2, 3]), steps]);
  };
}
