import type { Edge, Graph } from '../../graph/graph.ts';
import type { Carry, Rows } from '../../graph/tape.ts';
import type { ConvolutionSize } from '../../operators/convolution-size.ts';
import { spatialSize, takeChannels } from '../../operators/layout.ts';
import {
  applyToEach,
  factorsFirst,
  gradientKernels,
  kernelMatrix,
  padToTiles,
  pixelKernels,
} from './winograd-transforms.ts';

/**
 * The gradient for the kernels of winogradConvolution: transformed pixels times transformed gradients, summed over the
 * tiles by 16 matrix products, and transformed back. The last is one more matrix product, which adds to the carry at no cost.
 * @param dy [N, O, H', W']
 * @param tiles of x, from pixelTiles
 * @returns carry + gradient for some rows of the kernels, [rows, C, 3, 3]
 */
export function winogradWeightGradient(
  graph: Graph,
  dy: Edge,
  tiles: Edge,
  size: ConvolutionSize,
  carry: Carry | undefined,
  wanted: Rows = { start: 0, end: size.channelsOut },
): Edge {
  const { batch, channelsOut, channelsPerGroup } = size;
  const count = wanted.end - wanted.start;
  const gradients = takeChannels(graph, dy, channelsOut, wanted);
  const padded = padToTiles(graph, gradients, spatialSize(graph, dy), { before: 0, after: 0 });
  const factors = applyToEach(graph, padded, gradientKernels(graph, count), count);
  const products = graph.emit('MatMul', [channelsByTiles(graph, factors, batch, count), tiles]); // [16, O, C]
  const columns = graph.reshape(products, [16, count * channelsPerGroup]);
  const addend = carry && graph.reshape(carry.edge, [count * channelsPerGroup, 9]);
  const matrix = kernelMatrix(graph);
  const dw = graph.emit('Gemm', addend ? [columns, matrix, addend] : [columns, matrix], {
    transA: 1,
    beta: { float: carry?.factor ?? 1 },
  });
  return graph.reshape(dw, [count, channelsPerGroup, 3, 3]);
}

/** The transformed pixels that each kernel meets in the tiles of dy, of all images. [16, tiles, C] */
export function pixelTiles(graph: Graph, dy: Edge, x: Edge, size: ConvolutionSize): Edge {
  const padded = padToTiles(graph, x, spatialSize(graph, dy), size);
  const channels = size.channelsPerGroup;
  const factors = applyToEach(graph, padded, pixelKernels(graph, channels), channels);
  return graph.emit('Transpose', [channelsByTiles(graph, factors, size.batch, channels)], {
    perm: [0, 2, 1],
  });
}

/** [N, 16 C, rows, columns] to [16, C, N * rows * columns]. */
function channelsByTiles(graph: Graph, factors: Edge, batch: number, channels: number): Edge {
  if (batch === 1) return factorsFirst(graph, factors, batch, channels);
  const byChannel = graph.reshape(factors, [batch, channels, 16, -1]);
  const reordered = graph.emit('Transpose', [byChannel], { perm: [2, 1, 0, 3] });
  return graph.reshape(reordered, [16, channels, -1]);
}
