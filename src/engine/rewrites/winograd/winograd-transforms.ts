import type { Edge, Graph } from '../../graph/graph.ts';
import { zerosAround } from '../../operators/layout.ts';

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

/**
 * A map [N, C, H, W] for a convolution: zeros around it, and after it those that make the result whole tiles of 2x2.
 * @param resultSize rows and columns of the result, int64 [2]
 */
export function padToTiles(
  graph: Graph,
  x: Edge,
  resultSize: Edge,
  { before, after }: { before: number; after: number },
): Edge {
  const missing = graph.emit('Mod', [resultSize, graph.int64([2])]);
  const end = graph.emit('Add', [missing, graph.int64([after])]);
  return zerosAround(graph, x, graph.int64([before, before]), end);
}

/** Kernels that take each tile of 4x4 pixels, every 2 pixels, to its 16 factors; for `applyToEach`. [16 C, 1, 4, 4] */
export function pixelKernels(graph: Graph, channels: number): Edge {
  return repeated(graph, onBothAxes(forPixels), 4, channels);
}

/** Kernels that take each tile of 2x2 gradients for results to its 16 factors. [16 O, 1, 2, 2] */
export function gradientKernels(graph: Graph, channels: number): Edge {
  return repeated(graph, onBothAxes(transposed(forResults)), 2, channels);
}

/** Applies kernels to each channel: [N, C, H, W] to [N, 16 C, tiles, tiles]. */
export function applyToEach(graph: Graph, x: Edge, kernels: Edge, channels: number): Edge {
  return graph.emit('Conv', [x, kernels], { group: channels, strides: [2, 2] });
}

/**
 * [N, 16 C, rows, columns] to [N, 16, C, rows * columns]. For a batch of one it has no axis of its own: ONNX Runtime then
 * reads what it multiplies in this order and makes no copy.
 */
export function factorsFirst(graph: Graph, factors: Edge, batch: number, channels: number): Edge {
  return batch === 1
    ? graph.emit('Transpose', [graph.reshape(factors, [channels, 16, -1])], { perm: [1, 0, 2] })
    : graph.emit('Transpose', [graph.reshape(factors, [batch, channels, 16, -1])], { perm: [0, 2, 1, 3] });
}

/** [16, 9]: takes the values of a kernel, if wanted turned by half a turn, to its 16 factors. */
export function kernelMatrix(graph: Graph, turned = false): Edge {
  const matrix = onBothAxes(forKernels).flatMap((row) => (turned ? row.toReversed() : row));
  return graph.float32(matrix, [16, 9]);
}

/** [4, 16]: takes 16 products to the results of a tile. */
export function resultMatrix(graph: Graph): Edge {
  return graph.float32(onBothAxes(forResults).flat(), [4, 16]);
}

function repeated(
  graph: Graph,
  matrix: readonly (readonly number[])[],
  side: number,
  channels: number,
): Edge {
  const kernels = graph.float32(matrix.flat(), [16, 1, side, side]);
  return graph.emit('Tile', [kernels, graph.int64([channels, 1, 1, 1])]);
}

/** The matrix that transforms columns and rows of a square, taken row by row, as `m` transforms a column. */
function onBothAxes(m: readonly (readonly number[])[]): number[][] {
  return m.flatMap((vertical) =>
    m.map((horizontal) => vertical.flatMap((a) => horizontal.map((b) => a * b))),
  );
}

function transposed(m: readonly (readonly number[])[]): number[][] {
  return m[0]!.map((_, column) => m.map((row) => row[column]!));
}
