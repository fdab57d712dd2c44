import type { Edge, Graph } from '../graph/graph.ts';
import { zerosAround } from './layout.ts';

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

/** A map for a convolution: zeros around it, and after it those that make the result whole tiles of 2x2. */
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

/** The 16 factors of each tile of 4x4 pixels, every 2 pixels: [N, C, H, W] to [N, 16 C, tiles, tiles]. */
export function pixelFactors(graph: Graph, x: Edge, channels: number): Edge {
  return eachChannel(graph, x, channels, graph.float32(onBothAxes(forPixels).flat(), [16, 1, 4, 4]));
}

/** The 16 factors of each tile of 2x2 gradients for results: [N, O, H, W] to [N, 16 O, tiles, tiles]. */
export function gradientFactors(graph: Graph, dy: Edge, channels: number): Edge {
  const kernels = onBothAxes(transposed(forResults)).flat();
  return eachChannel(graph, dy, channels, graph.float32(kernels, [16, 1, 2, 2]));
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

function eachChannel(graph: Graph, x: Edge, channels: number, kernels: Edge): Edge {
  const repeated = graph.emit('Tile', [kernels, graph.int64([channels, 1, 1, 1])]);
  return graph.emit('Conv', [x, repeated], { group: channels, strides: [2, 2] });
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
