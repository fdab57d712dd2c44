import type { Edge, Graph } from '../graph/graph.ts';
import { spatialSize, zerosAround } from './layout.ts';

export interface WinogradSize {
  readonly batch: number;
  readonly channelsIn: number;
  readonly channelsOut: number;
  /** Zeros before and after both axes. */
  readonly before: number;
  readonly after: number;
  /** Whether kernels are turned by half a turn, as the gradient for the input wants them. */
  readonly turned?: boolean;
}

// The matrices of F(2x2, 3x3): Lavin and Gray 2016, "Fast Algorithms for Convolutional Neural Networks", section 4.1.
const forPixels = [
  [1, 0, -1, 0],
  [0, 1, 1, 0],
  [0, -1, 1, 0],
  [0, 1, 0, -1],
];
const forKernels = [
  [1, 0, 0],
  [0.5, 0.5, 0.5],
  [0.5, -0.5, 0.5],
  [0, 0, 1],
];
const forResults = [
  [1, 1, 1, 0],
  [0, 1, -1, -1],
];

/** A map is done in so many parts of its rows, one after the other: transformed, it takes four times its memory. */
const parts = 4;

/**
 * Convolution by 3x3 kernels, stride 1, with 4 multiplications in place of 9: each tile of 2x2 results is computed from
 * its 4x4 pixels, both in a transformed form in which convolution is a product of numbers, so that 16 matrix products
 * over the channels do all tiles at once. The error is that of rounding.
 *
 * @param x [N, C, H, W]
 * @param w [O, C, 3, 3]
 * @returns [N, O, H', W'] with H' = H + before + after - 2, and so W'
 */
export function winogradConvolution(graph: Graph, x: Edge, w: Edge, size: WinogradSize): Edge {
  const { batch, channelsIn, channelsOut, before, after, turned = false } = size;
  const plus = (edge: Edge, amount: number) => graph.emit('Add', [edge, graph.int64([amount])]);
  const times = (edge: Edge, factor: number) => graph.emit('Mul', [edge, graph.int64([factor])]);
  const resultSize = plus(spatialSize(graph, x), before + after - 2);
  const missing = graph.emit('Mod', [resultSize, graph.int64([2])]); // to whole tiles
  const padded = zerosAround(graph, x, graph.int64([before, before]), plus(missing, after));

  const kernels = graph.reshape(w, [channelsOut * channelsIn, 9]);
  const transformed = graph.emit('Gemm', [kernelMatrix(graph, turned), kernels], { transB: 1 });
  const factors = graph.reshape(transformed, [16, channelsOut, channelsIn]);
  const toFactors = pixelKernels(graph, channelsIn);

  const rows = graph.emit('Shape', [padded], { start: 2, end: 3 }); // two for each row of tiles, and two
  const rowsOfPart = times(graph.emit('Div', [plus(rows, 2 * parts - 4), graph.int64([2 * parts])]), 2);
  const results = Array.from({ length: parts }, (_, index) => {
    // Where there are fewer rows of tiles than parts, the last one is computed again, and cut away.
    const start = graph.emit('Min', [times(rowsOfPart, index), plus(rows, -4)]);
    const end = plus(graph.emit('Add', [start, rowsOfPart]), 2);
    const part = graph.emit('Slice', [padded, start, end, graph.int64([2])]);
    const pixels = graph.emit('Conv', [part, toFactors], { group: channelsIn, strides: [2, 2] }); // [N, 16 C, tiles, tiles]
    const tiles = factorsFirst(graph, pixels, batch, channelsIn);
    const products = graph.reshape(graph.emit('MatMul', [factors, tiles]), [batch, 16, -1]);
    const sums = graph.emit('MatMul', [resultMatrix(graph), products]); // [N, 4, O * tiles]
    const channels = graph.int64([batch, 4 * channelsOut]);
    const shape = graph.emit('Concat', [channels, spatialSize(graph, pixels)], { axis: 0 });
    return graph.emit('DepthToSpace', [graph.emit('Reshape', [sums, shape])], { blocksize: 2 });
  });
  const whole = graph.emit('Concat', results, { axis: 2 });
  return graph.emit('Slice', [whole, graph.int64([0, 0]), resultSize, graph.int64([2, 3])]);
}

/**
 * [N, 16 C, rows, columns] to [N, 16, C, rows * columns]. For a batch of one, without its axis, ONNX Runtime reads what
 * it multiplies in this order and makes no copy.
 */
function factorsFirst(graph: Graph, pixels: Edge, batch: number, channels: number): Edge {
  return batch === 1
    ? graph.emit('Transpose', [graph.reshape(pixels, [channels, 16, -1])], { perm: [1, 0, 2] })
    : graph.emit('Transpose', [graph.reshape(pixels, [batch, channels, 16, -1])], { perm: [0, 2, 1, 3] });
}

/** The same 16 kernels for each channel, which take a tile to its factors: [16 C, 1, 4, 4] */
function pixelKernels(graph: Graph, channels: number): Edge {
  const kernels = graph.float32(onBothAxes(forPixels).flat(), [16, 1, 4, 4]);
  return graph.emit('Tile', [kernels, graph.int64([channels, 1, 1, 1])]);
}

function kernelMatrix(graph: Graph, turned: boolean): Edge {
  return matrix(
    graph,
    onBothAxes(forKernels).map((row) => (turned ? row.toReversed() : row)),
  );
}

function resultMatrix(graph: Graph): Edge {
  return matrix(graph, onBothAxes(forResults));
}

/** The matrix that transforms columns and rows of a square, taken row by row, as `m` transforms a column. */
function onBothAxes(m: readonly (readonly number[])[]): number[][] {
  return m.flatMap((vertical) =>
    m.map((horizontal) => vertical.flatMap((a) => horizontal.map((b) => a * b))),
  );
}

function matrix(graph: Graph, rows: readonly (readonly number[])[]): Edge {
  return graph.float32(rows.flat(), [rows.length, rows[0]!.length]);
}
