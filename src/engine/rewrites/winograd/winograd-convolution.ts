import type { Edge, Graph } from '../../graph/graph.ts';
import { spatialSize } from '../../operators/layout.ts';
import type { WinogradTiles } from './winograd-tiles.ts';
import { factorsFirst, kernelMatrix, pixelFactors, resultMatrix } from './winograd-transforms.ts';

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
  const byFactor = factorsFirst(graph, pixels, batch, channelsIn, tiles);
  const products = graph.reshape(graph.emit('MatMul', [kernelFactors, byFactor]), [batch, factors, -1]);
  const sums = graph.emit('MatMul', [resultMatrix(graph, tiles), products]); // [N, results * results, O * tiles]

  const tilesInRow = graph.emit('Shape', [pixels], { start: 3, end: 4 });
  const channels = graph.int64([batch, results ** 2 * channelsOut, -1]);
  const blocks = graph.emit('Reshape', [sums, graph.emit('Concat', [channels, tilesInRow], { axis: 0 })]);
  const whole = graph.emit('DepthToSpace', [blocks], { blocksize: results });
  const resultSize = graph.emit('Add', [spatialSize(graph, x), graph.int64([before + after - 2])]);
  return graph.emit('Slice', [whole, graph.int64([0, 0]), resultSize, graph.int64([2, 3])]);
}
