import type { Edge, Graph } from '../../graph/graph.ts';
import type { Carry, Rows } from '../../graph/tape.ts';
import type { ConvolutionSize } from '../../operators/convolution-size.ts';
import { takeChannels } from '../../operators/layout.ts';
import type { WinogradTiles } from './winograd-tiles.ts';
import { channelsByTile, gradientFactors, kernelMatrix, pixelFactors } from './winograd-transforms.ts';

/**
 * The gradient for the kernels of winogradConvolution: transformed pixels times transformed gradients, summed over the
 * tiles by matrix products, one for each factor, and transformed back. The last is one more matrix product, which adds to the carry at no cost.
 * @param dy [N, O, H', W']
 * @param pixels the factors of x, from pixelsByTile
 * @returns carry + gradient for some rows of the kernels, [rows, C, 3, 3]
 */
export function winogradWeightGradient(
  graph: Graph,
  dy: Edge,
  pixels: Edge,
  size: ConvolutionSize,
  tiles: WinogradTiles,
  carry: Carry | undefined,
  wanted: Rows = { start: 0, end: size.channelsOut },
): Edge {
  const { batch, channelsOut, channelsPerGroup } = size;
  const count = wanted.end - wanted.start;
  const gradients = takeChannels(graph, dy, channelsOut, wanted);
  const factors = gradientFactors(graph, gradients, count, tiles);
  const products = graph.emit('MatMul', [channelsByTile(graph, factors, batch, count, tiles), pixels]); // [factors, O, C]
  const columns = graph.reshape(products, [tiles.factors, count * channelsPerGroup]);
  const addend = carry && graph.reshape(carry.edge, [count * channelsPerGroup, 9]);
  const matrix = kernelMatrix(graph, tiles);
  const dw = graph.emit('Gemm', addend ? [columns, matrix, addend] : [columns, matrix], {
    transA: 1,
    beta: { float: carry?.factor ?? 1 },
  });
  return graph.reshape(dw, [count, channelsPerGroup, 3, 3]);
}

/** The factors of the pixels that each kernel meets in the tiles of results, of all images. [factors, tiles, C] */
export function pixelsByTile(graph: Graph, x: Edge, size: ConvolutionSize, tiles: WinogradTiles): Edge {
  const channels = size.channelsPerGroup;
  const factors = pixelFactors(graph, x, channels, { ...size, tiles });
  return graph.emit('Transpose', [channelsByTile(graph, factors, size.batch, channels, tiles)], {
    perm: [0, 2, 1],
  });
}
