import type { Edge } from '../../graph/edge.ts';
import type { Graph, Node } from '../../graph/graph.ts';
import { replaceNodes } from '../../graph/replace.ts';
import {
  ConvolutionForward,
  ConvolutionInputGradient,
  ConvolutionWeightGradient,
} from '../../operators/convolution-meaning.ts';
import type { ConvolutionSize } from '../../operators/convolution-size.ts';
import { swapFirstAxes } from '../../operators/layout.ts';
import { winogradConvolution } from './winograd-convolution.ts';
import type { WinogradTiles } from './winograd-tiles.ts';
import { pixelsByTile, winogradWeightGradient } from './winograd-weight-gradient.ts';

/** Whether Winograd's algorithm computes convolutions of this size: 3x3 kernels, stride 1, no dilation, one group. */
export function isWinogradSize({ kernel, stride, dilation, groups }: ConvolutionSize): boolean {
  return kernel === 3 && stride === 1 && dilation === 1 && groups === 1;
}

/**
 * Computes convolutions and their gradients with fewer multiplications, in many more nodes (winograd-convolution.ts), where
 * the size allows it.
 * @param chosen gives the tiles of those that are wanted
 */
export function useWinograd(
  graph: Graph,
  chosen: (size: ConvolutionSize, place: string) => WinogradTiles | undefined,
): void {
  replaceNodes(graph, (node) => {
    const { meaning, place } = node;
    const isConvolution =
      meaning instanceof ConvolutionForward ||
      meaning instanceof ConvolutionInputGradient ||
      meaning instanceof ConvolutionWeightGradient;
    if (!isConvolution || !isWinogradSize(meaning.size)) return undefined;
    const tiles = chosen(meaning.size, place);
    if (!tiles) return undefined;
    if (meaning instanceof ConvolutionForward) return forward(graph, node, meaning, tiles);
    if (meaning instanceof ConvolutionInputGradient) return inputGradient(graph, node, meaning, tiles);
    return weightGradient(graph, node, meaning, tiles);
  });
}

function forward(graph: Graph, { inputs }: Node, { size }: ConvolutionForward, tiles: WinogradTiles): Edge {
  const [x, w, b] = inputs as [Edge, Edge, Edge?];
  const y = winogradConvolution(graph, x, w, { ...size, channelsIn: size.channelsPerGroup, tiles });
  return b ? graph.emit('Add', [y, graph.reshape(b, [-1, 1, 1])]) : y;
}

/** The input gradient is a convolution too, by the kernels transposed and turned; with a negative pad, it is none of ours. */
function inputGradient(
  graph: Graph,
  { inputs }: Node,
  { size }: ConvolutionInputGradient,
  tiles: WinogradTiles,
): Edge | undefined {
  const [dy, w] = inputs as [Edge, Edge];
  const [before, after] = [size.kernel - 1 - size.before, size.kernel - 1 - size.after];
  if (before < 0 || after < 0) return undefined;
  const [channelsIn, channelsOut] = [size.channelsOut, size.channelsPerGroup];
  const { batch } = size;
  const turned = { batch, channelsIn, channelsOut, before, after, turned: true, tiles };
  return winogradConvolution(graph, dy, swapFirstAxes(graph, w), turned);
}

function weightGradient(
  graph: Graph,
  { inputs }: Node,
  meaning: ConvolutionWeightGradient,
  tiles: WinogradTiles,
): Edge {
  const [dy, x] = inputs as [Edge, Edge];
  const { size, rows, shared } = meaning;
  shared.pixels ??= pixelsByTile(graph, x, size, tiles);
  return winogradWeightGradient(graph, dy, shared.pixels, size, tiles, meaning.carryOf(inputs), rows);
}
