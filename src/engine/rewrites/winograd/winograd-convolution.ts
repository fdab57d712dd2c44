import type { Edge, Graph } from '../../graph/graph.ts';
import { pixelsOfColumns, spatialSize } from '../../operators/layout.ts';
import type { WinogradTiles } from './winograd-tiles.ts';
import { channelsByTile, kernelMatrix, pixelFactors, resultMatrix } from './winograd-transforms.ts';

interface WinogradSize {
  readonly batch: number;
  readonly channelsIn: number;
  readonly channelsOut: number;
  /** Zeros before and after both axes. */
  readonly before: number;
  readonly after: number;
  /** Whether kernels are turned by half a turn, as the gradient for the input wants them. */
  readonly turned?: boolean;
  readonly tiles: WinogradTiles;
}

/**
 * Convolution by 3x3 kernels, stride 1, with fewer multiplications: pixels and kernels are taken to their factors
 * (winograd-tiles.ts), so that matrix products over the channels do all tiles at once. The error is that of rounding.
 *
 * @param x [N, C, H, W]
 * @param w [O, C, 3, 3]
 * @returns [N, O, H', W'] with H' = H + before + after - 2, and so W'
 */
export function winogradConvolution(graph: Graph, x: Edge, w: Edge, size: WinogradSize): Edge {
  const { batch, channelsIn, channelsOut, before, after, turned = false, tiles } = size;
  const { factors, results } = tiles;

  const kernels = graph.reshape(w, [channelsOut * channelsIn, 9]);
  const transformed = graph.emit('Gemm', [kernelMatrix(graph, tiles, turned), kernels], { transB: 1 });
  const kernelFactors = graph.reshape(transformed, [factors, channelsOut, channelsIn]);

  const pixels = pixelFactors(graph, x, channelsIn, { before, after, tiles });
  const byTile = channelsByTile(graph, pixels, batch, channelsIn, tiles);
  const products = graph.emit('MatMul', [kernelFactors, byTile]); // [factors, O, N * tiles]
  // As above, ONNX Runtime reads them in this order and makes no copy.
  const byChannel = graph.emit('Transpose', [products], { perm: [1, 0, 2] });
  const sums = graph.emit('MatMul', [resultMatrix(graph, tiles), byChannel]); // [O, results * results, N * tiles]

  const columns = byImage(graph, sums, batch, results ** 2 * channelsOut);
  const whole = pixelsOfColumns(graph, columns, spatialSize(graph, pixels), results);
  const resultSize = graph.emit('Add', [spatialSize(graph, x), graph.int64([before + after - 2])]);
  return graph.emit('Slice', [whole, graph.int64([0, 0]), resultSize, graph.int64([2, 3])]);
}

/** Rows over the tiles of all images as [N, rows, tiles]. */
function byImage(graph: Graph, edge: Edge, batch: number, rows: number): Edge {
  if (batch === 1) return graph.reshape(edge, [1, rows, -1]);
  return graph.emit('Transpose', [graph.reshape(edge, [rows, batch, -1])], { perm: [1, 0, 2] });
}
