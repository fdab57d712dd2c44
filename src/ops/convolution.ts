import { type Carry, type Edge, fixed, type Graph, type Value } from '../graph/graph.ts';
import { channelsAsRows, swapFirstAxes } from './layout.ts';

/**
 * Convolution with stride 1 (cross-correlation, as every framework has it).
 *
 *   y[n, o, i, j] = b[o] + sum over c, u, v of w[o, c, u, v] x[n, c, i + u - pad, j + v - pad]
 *
 * @param x [N, C, H, W]
 * @param w [O, C, K, K]
 * @param b [O]
 * @returns [N, O, H + 2 pad - K + 1, W + 2 pad - K + 1]
 */
export function convolution(graph: Graph, x: Value, w: Value, b: Value, { pad }: { pad: number }): Value {
  const [channelsOut, channelsIn, kernel] = w.shape.map(fixed) as [number, number, number, number];
  const batch = fixed(x.shape[0]);
  const shape = [batch, channelsOut, graph.unknownSize(), graph.unknownSize()];
  const y = graph.emitValue('Conv', [x, w, b], window(kernel, pad), 'float32', shape);
  return graph.differentiable(y, [
    [x, (dy) => inputGradient(graph, dy, w, kernel, pad)],
    [
      w,
      (dy, carry) => weightGradient(graph, dy, x, { batch, channelsIn, channelsOut, kernel, pad }, carry),
      'carries',
    ],
    [b, (dy) => graph.emit('ReduceSum', [dy, graph.int64([0, 2, 3])], { keepdims: 0 })],
  ]);
}

/**
 * dx is dy convolved with the kernels transposed and turned by half a turn, padded by K - 1 - pad. For large kernels,
 * which meet small maps (fc6: 7x7 on 512 channels), ConvTranspose is faster: it needs no transposed copy of the
 * weights. It also serves a pad larger than the kernel, where K - 1 - pad is negative.
 */
function inputGradient(graph: Graph, dy: Edge, w: Edge, kernel: number, pad: number): Edge {
  const dxPad = kernel - 1 - pad;
  if (kernel > 3 || dxPad < 0) return graph.emit('ConvTranspose', [dy, w], window(kernel, pad));
  const transposed = swapFirstAxes(graph, w);
  return graph.emit(
    'Conv',
    [dy, kernel === 1 ? transposed : halfTurn(graph, transposed)],
    window(kernel, dxPad),
  );
}

/** Kernels turned by half a turn: both spatial axes reversed. */
function halfTurn(graph: Graph, w: Edge): Edge {
  const last = graph.int64([-1, -1]);
  const beyondFirst = graph.int64([-(2 ** 31), -(2 ** 31)]);
  return graph.emit('Slice', [w, last, beyondFirst, graph.int64([2, 3]), graph.int64([-1, -1])]);
}

interface ConvolutionSize {
  batch: number;
  channelsIn: number;
  channelsOut: number;
  kernel: number;
  pad: number;
}

/**
 * dw[o, c, u, v] = sum over n, i, j of dy[n, o, i, j] x[n, c, i + u - pad, j + v - pad]: one matrix product, which
 * adds to the carry at no cost.
 */
function weightGradient(
  graph: Graph,
  dy: Edge,
  x: Edge,
  size: ConvolutionSize,
  carry: Carry | undefined,
): Edge {
  const { batch, channelsIn, channelsOut, kernel } = size;
  const rows = channelsAsRows(graph, dy, channelsOut, batch); // [O, N * H' * W']
  const columns = imageToColumns(graph, x, size); // [C * K * K, N * H' * W']
  const addend = carry && graph.reshape(carry.edge, [channelsOut, channelsIn * kernel * kernel]);
  const product = graph.emit('Gemm', addend ? [rows, columns, addend] : [rows, columns], {
    transB: 1,
    beta: { float: carry?.factor ?? 1 },
  });
  return graph.reshape(product, [channelsOut, channelsIn, kernel, kernel]);
}

/** im2col: for each output position (column) the C * K * K inputs that it sees. [C * K * K, N * H' * W'] */
function imageToColumns(graph: Graph, x: Edge, { batch, channelsIn, kernel, pad }: ConvolutionSize): Edge {
  if (kernel === 1 && pad === 0) return channelsAsRows(graph, x, channelsIn, batch);
  const padded = pad > 0 ? graph.emit('Pad', [x, graph.int64([0, 0, pad, pad, 0, 0, pad, pad])]) : x;
  const spatial = graph.int64([2, 3]);
  const shifted: Edge[] = [];
  for (let u = 0; u < kernel; u++) {
    for (let v = 0; v < kernel; v++) {
      // x shifted by (u, v), cut to the output's size; the end counts from the far side, so no size need be known.
      const end = [u, v].map((offset) => offset - (kernel - 1) || Number.MAX_SAFE_INTEGER);
      const slice = graph.emit('Slice', [padded, graph.int64([u, v]), graph.int64(end), spatial]);
      shifted.push(graph.reshape(channelsAsRows(graph, slice, channelsIn, batch), [channelsIn, 1, -1]));
    }
  }
  const stacked = graph.emit('Concat', shifted, { axis: 1 }); // [C, K * K, N * H' * W']
  return graph.reshape(stacked, [channelsIn * kernel * kernel, -1]);
}

function window(kernel: number, pad: number) {
  return { kernel_shape: [kernel, kernel], pads: [pad, pad, pad, pad] };
}
