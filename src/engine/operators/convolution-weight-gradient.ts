import type { Edge, Graph } from '../graph/graph.ts';
import type { Carry, Rows } from '../graph/tape.ts';
import { type ConvolutionSize, reachOf } from './convolution-size.ts';
import { channelsAsRows, channelsFirst, sumOfImages, swapFirstAxes, takeChannels } from './layout.ts';

/**
 * dw[o, c, u, v] = sum over n, i, j of dy[n, o, i, j] x[n, c, i + d u - before, j + d v - before]: one matrix product, which
 * adds to the carry at no cost. Stride 1, one group. Rows of it are those of some output channels.
 * @param columns of x, from imageToColumns
 */
export function weightGradient(
  graph: Graph,
  dy: Edge,
  columns: Edge,
  size: ConvolutionSize,
  carry: Carry | undefined,
  wanted: Rows = { start: 0, end: size.channelsOut },
): Edge {
  const { batch, channelsPerGroup, kernel } = size;
  const channelsOut = wanted.end - wanted.start;
  const gradients = takeChannels(graph, dy, size.channelsOut, wanted);
  const rows = channelsAsRows(graph, gradients, channelsOut, batch); // [O, N * H' * W']
  const addend = carry && graph.reshape(carry.edge, [channelsOut, channelsPerGroup * kernel * kernel]);
  const product = graph.emit('Gemm', addend ? [rows, columns, addend] : [rows, columns], {
    transB: 1,
    beta: { float: carry?.factor ?? 1 },
  });
  return graph.reshape(product, [channelsOut, channelsPerGroup, kernel, kernel]);
}

/** Weights from which on the sum over the images of a batch costs more than a transposed copy of their maps. */
const manyWeights = 2 ** 16;

export function hasPointwiseWeightGradient(size: ConvolutionSize): boolean {
  const { batch, kernel, before, after, channelsOut, channelsPerGroup } = size;
  const isPointwise = kernel === 1 && before === 0 && after === 0;
  return isPointwise && batch > 1 && channelsOut * channelsPerGroup <= manyWeights;
}

/**
 * The same of 1x1 kernels for a batch: a product for each image, and their sum. It takes no copies of maps with batch and channels in each
 * other's place, but holds as many numbers as kernels have for each image.
 */
export function pointwiseWeightGradient(
  graph: Graph,
  dy: Edge,
  x: Edge,
  { batch, channelsOut, channelsPerGroup }: ConvolutionSize,
  carry: Carry | undefined,
): Edge {
  const pixels = graph.reshape(x, [batch, channelsPerGroup, -1]);
  const transposed = graph.emit('Transpose', [pixels], { perm: [0, 2, 1] }); // fused into the product
  const products = graph.emit('MatMul', [graph.reshape(dy, [batch, channelsOut, -1]), transposed]);
  const dw = sumOfImages(graph, products, [batch, channelsOut, channelsPerGroup, 1, 1]);
  if (!carry) return dw;
  const addend = graph.emit('Mul', [carry.edge, graph.float32([carry.factor])]);
  return graph.emit('Add', [graph.reshape(addend, [channelsOut, channelsPerGroup, 1, 1]), dw]);
}

/** The same for several groups: a batch of matrix products, which runtimes compute without a transposed copy. */
export function groupedWeightGradient(graph: Graph, dy: Edge, x: Edge, size: ConvolutionSize): Edge {
  const { batch, channelsOut, channelsPerGroup, groups, kernel } = size;
  const rows = channelsAsRows(graph, dy, channelsOut, batch);
  const columns = imageToColumns(graph, x, size);
  const transposed = graph.emit(
    'Transpose',
    [graph.reshape(columns, [groups, channelsPerGroup * kernel * kernel, -1])],
    { perm: [0, 2, 1] },
  );
  const product = graph.emit('MatMul', [graph.reshape(rows, [groups, channelsOut / groups, -1]), transposed]); // [G, O / G, C / G * K * K]
  return graph.reshape(product, [channelsOut, channelsPerGroup, kernel, kernel]);
}

/**
 * dw[o, c, u, v] = sum over n, i, j of dy[n, o, i, j] x[n, c, s i + d u - before, s j + d v - before]: a convolution of x
 * by dy as the kernel, spread by the stride s, at every d-th pixel for the dilation d, with batch and channels in each
 * other's place. Any groups, depthwise ones too.
 * For the 11x11/4 and 7x7/2 of first layers it takes 0.6 of the time of the matrix product with its strided columns.
 */
export function stridedWeightGradient(graph: Graph, dy: Edge, x: Edge, size: ConvolutionSize): Edge {
  const { batch, channelsOut, channelsPerGroup, groups, kernel, stride, dilation, before, after } = size;
  const kernels = graph.reshape(channelsFirst(graph, dy, batch), [channelsOut, batch, 0, 0]); // 0: the size stays
  const grouped = graph.reshape(channelsFirst(graph, x, batch), [groups, channelsPerGroup, -1, 0]); // [., ., N * H, W]
  const swapped = groups > 1 && channelsPerGroup > 1 ? swapFirstAxes(graph, grouped) : grouped;
  const image = graph.reshape(swapped, [channelsPerGroup, groups * batch, -1, 0]); // [C / G, G * N, H, W]
  const dw = graph.emit('Conv', [image, kernels], {
    pads: [before, before, after, after],
    dilations: [stride, stride],
    strides: [dilation, dilation],
    group: groups,
  }); // [C / G, O, K, K], and more where x has rows under no window
  const covered = graph.emit('Slice', [
    dw,
    graph.int64([0, 0]),
    graph.int64([kernel, kernel]),
    graph.int64([2, 3]),
  ]);
  return channelsPerGroup === 1
    ? graph.reshape(covered, [channelsOut, 1, kernel, kernel])
    : swapFirstAxes(graph, covered);
}

/** im2col: for each output position (column) the C * K * K inputs that it sees. [C * K * K, N * H' * W'] */
export function imageToColumns(graph: Graph, x: Edge, size: ConvolutionSize): Edge {
  const { batch, channelsPerGroup, groups, kernel, dilation, before, after } = size;
  const channels = channelsPerGroup * groups;
  const isPadded = before > 0 || after > 0;
  if (kernel === 1 && !isPadded) return channelsAsRows(graph, x, channels, batch);
  const pads = [0, 0, before, before, 0, 0, after, after];
  const padded = isPadded ? graph.emit('Pad', [x, graph.int64(pads)]) : x;
  const spatial = graph.int64([2, 3]);
  const shifted: Edge[] = [];
  for (let u = 0; u < kernel; u++) {
    for (let v = 0; v < kernel; v++) {
      // x shifted by (d u, d v), cut to the output's size; the end counts from the far side, so no size need be known.
      const start = [dilation * u, dilation * v];
      const end = start.map((offset) => offset - reachOf(size) || Number.MAX_SAFE_INTEGER);
      const slice = graph.emit('Slice', [padded, graph.int64(start), graph.int64(end), spatial]);
      shifted.push(graph.reshape(channelsAsRows(graph, slice, channels, batch), [channels, 1, -1]));
    }
  }
  const stacked = graph.emit('Concat', shifted, { axis: 1 }); // [C, K * K, N * H' * W']
  return graph.reshape(stacked, [channels * kernel * kernel, -1]);
}
