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
import { pixelTiles, winogradWeightGradient } from './winograd-weight-gradient.ts';

/** Whether Winograd's algorithm computes convolutions of this size: 3x3 kernels, stride 1, no dilation, one group. */
export function isWinogradSize({ kernel, stride, dilation, groups }: ConvolutionSize): boolean {
  return kernel === 3 && stride === 1 && dilation === 1 && groups === 1;
}

/**
 * Computes convolutions and their gradients with 4 multiplications in place of 9, in many more nodes
 * (winograd-convolution.ts), where the size allows it.
 * @param chosen says for which
 */
export function useWinograd(graph: Graph, chosen: (size: ConvolutionSize, place: string) => boolean): void {
  replaceNodes(graph, (node) => {
    const { meaning, place } = node;
    const isChosen = (size: ConvolutionSize) => isWinogradSize(size) && chosen(size, place);
    if (meaning instanceof ConvolutionForward)
      return isChosen(meaning.size) ? forward(graph, node, meaning) : undefined;
    if (meaning instanceof ConvolutionInputGradient) {
      return isChosen(meaning.size) ? inputGradient(graph, node, meaning) : undefined;
    }
    if (meaning instanceof ConvolutionWeightGradient) {
      return isChosen(meaning.size) ? weightGradient(graph, node, meaning) : undefined;
    }
    return undefined;
  });
}

function forward(graph: Graph, { inputs }: Node, { size }: ConvolutionForward): Edge {
  const [x, w, b] = inputs as [Edge, Edge, Edge?];
  const y = winogradConvolution(graph, x, w, { ...size, channelsIn: size.channelsPerGroup });
  return b ? graph.emit('Add', [y, graph.reshape(b, [-1, 1, 1])]) : y;
}

/** The input gradient is a convolution too, by the kernels transposed and turned; with a negative pad, it is none of ours. */
function inputGradient(graph: Graph, { inputs }: Node, { size }: ConvolutionInputGradient): Edge | undefined {
  const [dy, w] = inputs as [Edge, Edge];
  const [before, after] = [size.kernel - 1 - size.before, size.kernel - 1 - size.after];
  if (before < 0 || after < 0) return undefined;
  const [channelsIn, channelsOut] = [size.channelsOut, size.channelsPerGroup];
  const transposed = swapFirstAxes(graph, w);
  const { batch } = size;
  return winogradConvolution(graph, dy, transposed, {
    batch,
    before,
    after,
    channelsIn,
    channelsOut,
    turned: true,
  });
}

function weightGradient(graph: Graph, { inputs }: Node, meaning: ConvolutionWeightGradient): Edge {
  const [dy, x] = inputs as [Edge, Edge];
  const { size, rows, shared } = meaning;
  shared.pixels ??= pixelTiles(graph, dy, x, size);
  return winogradWeightGradient(graph, dy, shared.pixels, size, meaning.carryOf(inputs), rows);
}
