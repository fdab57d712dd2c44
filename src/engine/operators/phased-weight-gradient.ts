import type { Edge, Graph } from '../graph/graph.ts';
import { type ConvolutionSize, isDepthwise } from './convolution-size.ts';
import { sumOfImages, zerosAround } from './layout.ts';

/**
 * 3x3 kernels and stride 2, and zeros such that windows see no pixel beyond the first 2 H' rows of x or 2 W' columns, where dy has H' and
 * W'.
 */
function isOfPhases({ kernel, stride, dilation, before, after }: ConvolutionSize): boolean {
  return kernel === 3 && stride === 2 && dilation === 1 && before + after === 2;
}

/** Depthwise ones of those. */
export function hasPhasedWeightGradient(size: ConvolutionSize): boolean {
  return isOfPhases(size) && isDepthwise(size);
}

/**
 * dw[c, 0, u, v] = sum over n, i, j of dy[n, c, i, j] x[n, c, 2 i + u - before, 2 j + v - before]. With u - before =
 * 2 p + q, that is row i + p of the phase q of x, its rows q, q + 2, ...; and so for columns. There are four phases, and four
 * copies of dy that are shifted by p instead.
 */
export function phasedWeightGradient(
  graph: Graph,
  dy: Edge,
  x: Edge,
  { batch, channelsOut: channels, kernel, before }: ConvolutionSize,
): Edge {
  const planes = batch * channels;
  const phases = phasesOf(graph, x, graph.emit('Shape', [dy], { start: 2, end: 4 }), planes);
  const transposed = graph.emit('Transpose', [phases], { perm: [0, 2, 1] }); // fused into the products
  const first = Math.floor(-before / 2);
  const products = shiftedErrors(graph, dy, planes, [first, first + 1]).map((error) =>
    graph.emit('MatMul', [graph.reshape(error, [planes, 1, -1]), transposed]),
  );
  const stacked = graph.emit('Concat', products, { axis: 1 }); // [N * C, shifts, phases]
  const parts = graph.reshape(stacked, [planes, 2, 2, 2, 2]);
  const ordered = graph.emit('Transpose', [parts], { perm: [0, 1, 3, 2, 4] });
  const start = -before - 2 * first; // of the four products along an axis, kernels have three
  const covered = graph.emit('Slice', [
    graph.reshape(ordered, [planes, 4, 4]),
    graph.int64([start, start]),
    graph.int64([start + kernel, start + kernel]),
    graph.int64([1, 2]),
  ]);
  return sumOfImages(graph, covered, [batch, channels, 1, kernel, kernel]);
}

/** Input channels beyond which the columns are too many: convolutions of a first layer have no more. */
const fewChannels = 4;

/** Those in one group of few channels. */
export function hasPhasedColumns(size: ConvolutionSize): boolean {
  return isOfPhases(size) && size.groups === 1 && size.channelsPerGroup <= fewChannels;
}

/**
 * dw[o, c, u, v] = sum over n, i, j of dy[n, o, i, j] x[n, c, 2 i + u - before, 2 j + v - before]: a matrix product for each image
 * with what each entry of a kernel sees of it. With zeros before x, that is row i + u / 2 of an even or odd phase.
 */
export function phasedColumnsGradient(
  graph: Graph,
  dy: Edge,
  x: Edge,
  { batch, channelsOut, channelsPerGroup: channels, kernel, before }: ConvolutionSize,
): Edge {
  const size = graph.emit('Shape', [dy], { start: 2, end: 4 });
  const twice = graph.emit('Mul', [size, graph.int64([2])]);
  const missing = graph.emit('Sub', [twice, graph.emit('Shape', [x], { start: 2, end: 4 })]);
  const after = graph.emit('Add', [missing, graph.int64([2 - before])]); // one row and column of blocks more
  const image = zerosAround(graph, x, graph.int64([before, before]), after);
  const phases = graph.emit('SpaceToDepth', [image], { blocksize: 2 }); // [N, 4 C, H' + 1, W' + 1]
  const entries = Array.from({ length: kernel * kernel }, (_, entry) => {
    const at = [Math.floor(entry / kernel), entry % kernel] as const;
    const phase = 2 * (at[0] % 2) + (at[1] % 2);
    const start = at.map((offset) => Math.floor(offset / 2));
    const end = start.map((first) => (first === 0 ? -1 : Number.MAX_SAFE_INTEGER));
    const from = graph.int64([phase * channels, ...start]);
    const to = graph.int64([(phase + 1) * channels, ...end]);
    return graph.emit('Slice', [phases, from, to, graph.int64([1, 2, 3])]);
  });
  const columns = graph.emit('Concat', entries, { axis: 1 });
  const errors = graph.reshape(dy, [batch, channelsOut, -1]);
  const products = graph.emit('MatMul', [
    graph.reshape(columns, [batch, entries.length * channels, -1]),
    graph.emit('Transpose', [errors], { perm: [0, 2, 1] }), // fused into the product
  ]);
  const sum = sumOfImages(graph, products, [batch, entries.length, channels, channelsOut]);
  const kernels = graph.emit('Transpose', [sum], { perm: [2, 1, 0] });
  return graph.reshape(kernels, [channelsOut, channels, kernel, kernel]);
}

/** The pixels of x in even and odd rows and columns. [planes, 4, H' * W'], where `half` is H' and W' */
function phasesOf(graph: Graph, x: Edge, half: Edge, planes: number): Edge {
  // Odd sizes get one more row or column.
  const even = graph.emit('Mul', [half, graph.int64([2])]);
  const missing = graph.emit('Sub', [even, graph.emit('Shape', [x], { start: 2, end: 4 })]);
  const pads = graph.emit('Concat', [graph.int64([0, 0, 0, 0, 0, 0]), missing], { axis: 0 });
  const shape = graph.emit('Concat', [graph.int64([planes, 1]), even], { axis: 0 });
  const image = graph.emit('Reshape', [graph.emit('Pad', [x, pads]), shape]);
  return graph.reshape(graph.emit('SpaceToDepth', [image], { blocksize: 2 }), [planes, 4, -1]);
}

/** dy at each pair of shifts, cut to its own size: [planes, H' * W'] each. Pads are applied to matrices, which is faster. */
function shiftedErrors(graph: Graph, dy: Edge, planes: number, shifts: readonly number[]): Edge[] {
  const rows = graph.emit('Flatten', [dy], { axis: 3 }); // [N * C * H', W']
  const width = graph.emit('Shape', [dy], { start: 3, end: 4 });
  const ahead = shifts.map((v) => {
    const shifted = v === 0 ? rows : graph.emit('Pad', [rows, graph.int64([0, v, 0, -v])]);
    return graph.reshape(shifted, [planes, -1]);
  });
  return shifts.flatMap((u) => {
    const pads = graph.emit('Mul', [width, graph.int64([0, u, 0, -u])]);
    return ahead.map((error) => (u === 0 ? error : graph.emit('Pad', [error, pads])));
  });
}
