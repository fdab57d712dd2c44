import type { Edge, Graph } from '../../graph/graph.ts';
import { spatialSize } from '../../operators/layout.ts';
import {
  applyToEach,
  factorsFirst,
  kernelMatrix,
  padToTiles,
  pixelKernels,
  resultMatrix,
} from './winograd-transforms.ts';

interface WinogradSize {
  readonly batch: number;
  readonly channelsIn: number;
  readonly channelsOut: number;
  /** Zeros before and after both axes. */
  readonly before: number;
  readonly after: number;
  /** Whether kernels are turned by half a turn, as the gradient for the input wants them. */
  readonly turned?: boolean;
}

/** A map is done in so many parts of its rows, one after the other: transformed, it takes four times its memory. */
const parts = 4;

/**
 * Convolution by 3x3 kernels, stride 1, with 4 multiplications in place of 9: each tile of 2x2 results is computed from
 * its 4x4 pixels, both in a transformed form in which convolution is a product of numbers, so that 16 matrix products
 * over the channels do all tiles at once. The error is that of rounding. F(2x2, 3x3) of winograd-transforms.ts.
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
  const padded = padToTiles(graph, x, resultSize, size);

  const kernels = graph.reshape(w, [channelsOut * channelsIn, 9]);
  const transformed = graph.emit('Gemm', [kernelMatrix(graph, turned), kernels], { transB: 1 });
  const factors = graph.reshape(transformed, [16, channelsOut, channelsIn]);

  const toFactors = pixelKernels(graph, channelsIn);

  const rows = graph.emit('Shape', [padded], { start: 2, end: 3 }); // two for each row of tiles, and two
  const rowsOfPart = times(graph.emit('Div', [plus(rows, 2 * parts - 4), graph.int64([2 * parts])]), 2);
  const height = plus(rowsOfPart, 2);
  const lastStart = plus(rows, -4);
  const results = Array.from({ length: parts }, (_, index) => {
    // Where there are fewer rows of tiles than parts, the last one is computed again, and cut away.
    const start = index === 0 ? graph.int64([0]) : graph.emit('Min', [times(rowsOfPart, index), lastStart]);
    const part = graph.emit('Slice', [padded, start, graph.emit('Add', [start, height]), graph.int64([2])]);
    const pixels = applyToEach(graph, part, toFactors, channelsIn);
    const tiles = factorsFirst(graph, pixels, batch, channelsIn);
    const products = graph.reshape(graph.emit('MatMul', [factors, tiles]), [batch, 16, -1]);
    const sums = graph.emit('MatMul', [resultMatrix(graph), products]); // [N, 4, O * tiles]
    return graph.reshape(sums, [batch, 4 * channelsOut, -1]);
  });
  const columns = graph.emit('Shape', [padded], { start: 3, end: 4 });
  const tilesInRow = graph.emit('Div', [plus(columns, -2), graph.int64([2])]);
  const shape = graph.emit('Concat', [graph.int64([batch, 4 * channelsOut, -1]), tilesInRow], { axis: 0 });
  const blocks = graph.emit('Reshape', [graph.emit('Concat', results, { axis: 2 }), shape]);
  const whole = graph.emit('DepthToSpace', [blocks], { blocksize: 2 });
  return graph.emit('Slice', [whole, graph.int64([0, 0]), resultSize, graph.int64([2, 3])]);
}
