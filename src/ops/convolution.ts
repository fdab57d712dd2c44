import { type Carry, type Edge, fixed, type Graph, type Value } from '../graph/graph.ts';
import { channelsAsRows, swapFirstAxes } from './layout.ts';

/** Zeros around a feature map: as many before as after both axes, or [before, after]. */
export type Pad = number | readonly [before: number, after: number];

/**
 * Convolution (cross-correlation, as every framework has it). Group g of `groups` maps the g-th share of the input's
 * channels to the g-th share of the output's; groups = C makes it depthwise.
 *
 *   y[n, o, i, j] = b[o] + sum over c, u, v of w[o, c, u, v] x[n, c, s i + u - before, s j + v - before]
 *
 * with s = stride and c over the channels of o's group.
 *
 * @param x [N, C, H, W]
 * @param w [O, C / groups, K, K]
 * @param b [O]
 * @returns [N, O, H', W'] with H' = floor((H + before + after - K) / stride) + 1, and so W'
 */
export function convolution(
  graph: Graph,
  x: Value,
  w: Value,
  b: Value,
  { pad, stride = 1, groups = 1 }: { pad: Pad; stride?: number; groups?: number },
): Value {
  const [channelsOut, channelsPerGroup, kernel] = w.shape.map(fixed) as [number, number, number, number];
  const batch = fixed(x.shape[0]);
  const [before, after] = typeof pad === 'number' ? [pad, pad] : pad;
  const size = { batch, channelsOut, channelsPerGroup, kernel, before, after, stride, groups };
  const shape = [batch, channelsOut, graph.unknownSize(), graph.unknownSize()];
  const y = graph.emitValue('Conv', [x, w, b], window(size), 'float32', shape);
  return graph.differentiable(y, [
    [x, (dy) => inputGradient(graph, dy, x, w, size)],
    [w, (dy, carry) => weightGradient(graph, dy, x, size, carry), 'carries'],
    [b, (dy) => graph.emit('ReduceSum', [dy, graph.int64([0, 2, 3])], { keepdims: 0 })],
  ]);
}

interface ConvolutionSize {
  batch: number;
  channelsOut: number;
  /** Input channels of each group. */
  channelsPerGroup: number;
  kernel: number;
  before: number;
  after: number;
  stride: number;
  groups: number;
}

/**
 * dx is dy convolved with the kernels transposed and turned by half a turn, padded by K - 1 - pad. For large kernels,
 * which meet small maps (fc6: 7x7 on 512 channels), ConvTranspose is faster: it needs no transposed copy of the
 * weights. It also serves a pad larger than the kernel, where K - 1 - pad is negative.
 */
function inputGradient(graph: Graph, dy: Edge, x: Edge, w: Edge, size: ConvolutionSize): Edge {
  const { kernel, before, after, stride, groups } = size;
  if (stride > 1) return stridedInputGradient(graph, dy, x, w, size);
  const turned = { ...size, before: kernel - 1 - before, after: kernel - 1 - after };
  if (kernel > 3 || groups > 1 || turned.before < 0 || turned.after < 0) {
    return graph.emit('ConvTranspose', [dy, w], window(size));
  }
  const transposed = swapFirstAxes(graph, w);
  return graph.emit('Conv', [dy, kernel === 1 ? transposed : halfTurn(graph, transposed)], window(turned));
}

/** Up to stride - 1 rows at the end of x may be under no window: ConvTranspose makes the most, and x says how many. */
function stridedInputGradient(graph: Graph, dy: Edge, x: Edge, w: Edge, size: ConvolutionSize): Edge {
  const most = [size.stride - 1, size.stride - 1];
  const dx = graph.emit('ConvTranspose', [dy, w], { ...window(size), output_padding: most });
  const end = graph.emit('Shape', [x], { start: 2, end: 4 });
  return graph.emit('Slice', [dx, graph.int64([0, 0]), end, graph.int64([2, 3])]);
}

/** Kernels turned by half a turn: both spatial axes reversed. */
function halfTurn(graph: Graph, w: Edge): Edge {
  const last = graph.int64([-1, -1]);
  const beyondFirst = graph.int64([-(2 ** 31), -(2 ** 31)]);
  return graph.emit('Slice', [w, last, beyondFirst, graph.int64([2, 3]), graph.int64([-1, -1])]);
}

/**
 * dw[o, c, u, v] = sum over n, i, j of dy[n, o, i, j] x[n, c, s i + u - before, s j + v - before]: one matrix product,
 * which adds to the carry at no cost, or one for each group.
 */
function weightGradient(
  graph: Graph,
  dy: Edge,
  x: Edge,
  size: ConvolutionSize,
  carry: Carry | undefined,
): Edge {
  const { batch, channelsOut, channelsPerGroup, kernel, groups } = size;
  const weightShape = [channelsOut, channelsPerGroup, kernel, kernel];
  const rows = channelsAsRows(graph, dy, channelsOut, batch); // [O, N * H' * W']
  const columns = imageToColumns(graph, x, size); // [C * K * K, N * H' * W']
  const rowSize = channelsPerGroup * kernel * kernel;
  if (groups > 1) {
    const outputsPerGroup = channelsOut / groups;
    const transpose = (edge: Edge) => graph.emit('Transpose', [edge], { perm: [0, 2, 1] });
    const product = graph.emit('MatMul', [
      graph.reshape(columns, [groups, rowSize, -1]),
      transpose(graph.reshape(rows, [groups, outputsPerGroup, -1])),
    ]); // [G, C / G * K * K, O / G]
    const dw = graph.reshape(transpose(product), weightShape);
    if (!carry) return dw;
    const carried = graph.emit('Mul', [
      graph.reshape(carry.edge, weightShape),
      graph.float32([carry.factor]),
    ]);
    return graph.emit('Add', [dw, carried]);
  }
  const addend = carry && graph.reshape(carry.edge, [channelsOut, rowSize]);
  const product = graph.emit('Gemm', addend ? [rows, columns, addend] : [rows, columns], {
    transB: 1,
    beta: { float: carry?.factor ?? 1 },
  });
  return graph.reshape(product, weightShape);
}

/** im2col: for each output position (column) the C * K * K inputs that it sees. [C * K * K, N * H' * W'] */
function imageToColumns(graph: Graph, x: Edge, size: ConvolutionSize): Edge {
  const { batch, channelsPerGroup, kernel, before, after, stride, groups } = size;
  const channelsIn = channelsPerGroup * groups;
  const isPadded = before > 0 || after > 0;
  if (kernel === 1 && !isPadded && stride === 1) return channelsAsRows(graph, x, channelsIn, batch);
  const pads = graph.int64([0, 0, before, before, 0, 0, after, after]);
  const padded = isPadded ? graph.emit('Pad', [x, pads]) : x;
  const spatial = graph.int64([2, 3]);
  const steps = stride > 1 ? [graph.int64([stride, stride])] : [];
  const shifted: Edge[] = [];
  for (let u = 0; u < kernel; u++) {
    for (let v = 0; v < kernel; v++) {
      // x shifted by (u, v), cut to the output's size; the end counts from the far side, so no size need be known.
      const end = [u, v].map((offset) => offset - (kernel - 1) || Number.MAX_SAFE_INTEGER);
      const slice = graph.emit('Slice', [padded, graph.int64([u, v]), graph.int64(end), spatial, ...steps]);
      shifted.push(graph.reshape(channelsAsRows(graph, slice, channelsIn, batch), [channelsIn, 1, -1]));
    }
  }
  const stacked = graph.emit('Concat', shifted, { axis: 1 }); // [C, K * K, N * H' * W']
  return graph.reshape(stacked, [channelsIn * kernel * kernel, -1]);
}

/** Attributes of Conv and ConvTranspose. */
function window({ kernel, before, after, stride, groups }: ConvolutionSize) {
  return {
    kernel_shape: [kernel, kernel],
    pads: [before, before, after, after],
    ...(stride > 1 && { strides: [stride, stride] }),
    ...(groups > 1 && { group: groups }),
  };
}
