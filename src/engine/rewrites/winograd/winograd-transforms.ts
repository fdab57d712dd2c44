import type { Edge, Graph } from '../../graph/graph.ts';
import type { WinogradTiles } from './winograd-tiles.ts';

/**
 * The factors of each tile of a map: [N, C, H, W] to [N, factors * C, tiles, tiles]. The map is taken with `before` zeros before
 * and `after` behind both axes, and as many more as make the results whole tiles.
 */
export function pixelFactors(
  graph: Graph,
  x: Edge,
  channels: number,
  { before, after, tiles }: { before: number; after: number; tiles: WinogradTiles },
): Edge {
  return applyToEach(graph, x, channels, tiles, tiles.forPixels, [before, after]);
}

/** The factors of each tile of gradients for results: [N, O, H, W] to [N, factors * O, tiles, tiles]. */
export function gradientFactors(graph: Graph, dy: Edge, channels: number, tiles: WinogradTiles): Edge {
  return applyToEach(graph, dy, channels, tiles, transposed(tiles.forResults), [0, 0]);
}

/** Applies a matrix to the columns and rows of each tile, channel by channel. */
function applyToEach(
  graph: Graph,
  x: Edge,
  channels: number,
  { factors, results }: WinogradTiles,
  matrix: readonly (readonly number[])[],
  [before, after]: readonly [number, number],
): Edge {
  const side = matrix[0]!.length;
  const kernels = graph.float32(onBothAxes(matrix).flat(), [factors, 1, side, side]);
  const end = after + results - 1; // what is more than whole tiles is not looked at
  return graph.emit('Conv', [x, graph.emit('Tile', [kernels, graph.int64([channels, 1, 1, 1])])], {
    group: channels,
    strides: [results, results],
    pads: [before, before, end, end],
  });
}

/**
 * [N, factors * C, rows, columns] to [factors, C, N * rows * columns]. For a batch of one, ONNX Runtime reads what it multiplies in
 * this order and makes no copy.
 */
export function channelsByTile(
  graph: Graph,
  edge: Edge,
  batch: number,
  channels: number,
  { factors }: WinogradTiles,
): Edge {
  if (batch === 1) {
    return graph.emit('Transpose', [graph.reshape(edge, [channels, factors, -1])], { perm: [1, 0, 2] });
  }
  const byChannel = graph.reshape(edge, [batch, channels, factors, -1]);
  const reordered = graph.emit('Transpose', [byChannel], { perm: [2, 1, 0, 3] });
  return graph.reshape(reordered, [factors, channels, -1]);
}

/** [factors, 9]: takes the values of a kernel, if wanted turned by half a turn, to its factors. */
export function kernelMatrix(graph: Graph, { factors, forKernels }: WinogradTiles, turned = false): Edge {
  const matrix = onBothAxes(forKernels).flatMap((row) => (turned ? row.toReversed() : row));
  return graph.float32(matrix, [factors, 9]);
}

/** [1, results * results, factors]: takes the products of factors to the results of a tile. */
export function resultMatrix(graph: Graph, { factors, results, forResults }: WinogradTiles): Edge {
  return graph.float32(onBothAxes(forResults).flat(), [1, results ** 2, factors]);
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
