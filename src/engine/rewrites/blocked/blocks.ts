import type { Edge } from '../../graph/edge.ts';
import type { Constant, Graph, Node, Value } from '../../graph/graph.ts';
import { removeUnused, unusedResults } from '../../graph/remove-unused.ts';
import { replaceNodes } from '../../graph/replace.ts';
import {
  ConvolutionForward,
  ConvolutionInputGradient,
  OfConvolution,
} from '../../operators/convolution-meaning.ts';
import { type ConvolutionSize, isDepthwise, reachOf } from '../../operators/convolution-size.ts';
import { halfTurn, sumOfImages } from '../../operators/layout.ts';
import { RectifierGradient } from '../../operators/rectifier-gradient.ts';
import {
  type BlockedMap,
  channelsOfBlocks,
  depthwiseConvolution,
  fromBlocks,
  imagesAsChannels,
  type Rectifier,
  toBlocks,
} from './blocked-operators.ts';
import { hasPhases, phasedInputGradient } from './phased-input-gradient.ts';

/**
 * Computes depthwise convolutions and their gradients in blocks of channels, with the rectifier that follows and the gradient of
 * the one that comes before. Where weights are inputs, ONNX Runtime's Conv takes one channel at a time, which leaves most of a
 * vector empty. Everything else stays as it is: maps are brought into blocks and back.
 */
export function useBlocks(graph: Graph): void {
  const results = unusedResults(graph);
  const rewrite = new DepthwiseInBlocks(graph);
  replaceNodes(graph, (node) => rewrite.replace(node));
  removeUnused(graph, [...graph.outputs, ...results]);
}

class DepthwiseInBlocks {
  readonly #graph: Graph;
  /** Maps that are there in blocks, by the edges that have them in the usual order. */
  readonly #blocked = new Map<Edge, BlockedMap>();
  /** Convolutions, by their results. */
  readonly #convolutions = new Map<
    Edge,
    { readonly inputs: readonly Edge[]; readonly size: ConvolutionSize }
  >();

  constructor(graph: Graph) {
    this.#graph = graph;
  }

  replace(node: Node): Edge | undefined {
    const { meaning, inputs, outputs } = node;
    if (meaning instanceof RectifierGradient) return this.#rectifierGradient(node, meaning);
    const convolution = this.#convolutions.get(inputs[0]!);
    const rectifier = rectifierOf(node);
    // The convolution once more: nothing uses the first one any longer, and it is removed.
    if (convolution && rectifier) return this.#forward(convolution.inputs, convolution.size, rectifier);
    if (!(meaning instanceof OfConvolution) || !fitsBlocks(meaning.size)) return undefined;
    const { size } = meaning;
    if (meaning instanceof ConvolutionForward) {
      this.#convolutions.set(outputs[0], { inputs, size });
      return this.#forward(inputs, size);
    }
    if (meaning instanceof ConvolutionInputGradient) return this.#inputGradient(node, size);
    return this.#weightGradient(inputs, size);
  }

  #forward(inputs: readonly Edge[], size: ConvolutionSize, rectifier?: Rectifier): Edge {
    const [x, w, bias] = inputs as [Value, Edge, Edge?];
    const { channelsOut, before, after, stride, dilation } = size;
    const options = { pads: [before, before, after, after], stride, dilation, bias, rectifier } as const;
    // Where the gradient for x is not computed in blocks, x is kept as it is for a rectifier, and once is enough.
    const isKept = stride === 1 || hasPhases(size, x);
    const map = isKept ? this.#toBlocks(x, channelsOut) : toBlocks(this.#graph, x, channelsOut);
    const y = depthwiseConvolution(this.#graph, map, this.#kernels(w, size), options);
    return fromBlocks(this.#graph, y);
  }

  /** For stride 1 a convolution by the kernels turned by half a turn, for stride 2 one for each phase. */
  #inputGradient(node: Node, size: ConvolutionSize): Edge | undefined {
    const [dy, w, x] = node.inputs as [Edge, Edge, Value];
    const { batch, channelsOut, kernel, stride, dilation } = size;
    const errors = () => this.#toBlocks(dy, channelsOut);
    if (hasPhases(size, x)) {
      const image = this.#graph.reshape(w, [1, channelsOut, kernel, kernel]);
      const [height, width] = x.shape.slice(2) as [number, number];
      const shape = [batch, channelsOut, height, width] as const;
      return this.#result(node, phasedInputGradient(this.#graph, errors(), image, size, shape));
    }
    const [before, after] = [reachOf(size) - size.before, reachOf(size) - size.after];
    if (stride > 1 || before < 0 || after < 0) return undefined;
    const kernels = this.#kernels(halfTurn(this.#graph, w), size);
    const pads = [before, before, after, after] as const;
    return this.#result(node, depthwiseConvolution(this.#graph, errors(), kernels, { pads, dilation }));
  }

  /**
   * dw[c, 0, u, v] = sum over n, i, j of dy[n, c, i, j] x[n, c, s i + d u - before, s j + d v - before]: a convolution of x by
   * dy as the kernel, spread by the stride s, at every d-th pixel for the dilation d.
   */
  #weightGradient(inputs: readonly Edge[], size: ConvolutionSize): Edge {
    const graph = this.#graph;
    const { batch, channelsOut, kernel, before, after } = size;
    const [errors, x] = inputs.map((edge) =>
      imagesAsChannels(graph, this.#toBlocks(edge, channelsOut), batch),
    ) as [BlockedMap, BlockedMap];
    const pads = [before, before, after, after] as const;
    const options = { pads, stride: size.dilation, dilation: size.stride };
    const dw = fromBlocks(graph, depthwiseConvolution(graph, x, errors, options)); // and more where x has rows under no window
    const [start, end] = [graph.int64([0, 0]), graph.int64([kernel, kernel])];
    const isExact = size.stride === 1 && size.dilation === 1;
    const covered = isExact ? dw : graph.emit('Slice', [dw, start, end, graph.int64([2, 3])]);
    return sumOfImages(graph, covered, [batch, channelsOut, 1, kernel, kernel]);
  }

  /** Where both maps are there in blocks. */
  #rectifierGradient(node: Node, meaning: RectifierGradient): Edge | undefined {
    const [dy, y] = node.inputs.map((edge) => this.#blocked.get(edge));
    if (!dy || !y) return undefined;
    return this.#result(node, { ...dy, edge: meaning.expand(this.#graph, [dy.edge, y.edge]) });
  }

  #kernels(w: Edge, { channelsOut, kernel }: ConvolutionSize): BlockedMap {
    const image = this.#graph.reshape(w, [1, channelsOut, kernel, kernel]);
    return toBlocks(this.#graph, image, channelsOut);
  }

  #toBlocks(edge: Edge, channels: number): BlockedMap {
    const known = this.#blocked.get(edge);
    if (known) return known;
    const map = toBlocks(this.#graph, edge, channels);
    this.#blocked.set(edge, map);
    return map;
  }

  /** The result of a node, which others may need in blocks. */
  #result({ outputs }: Node, map: BlockedMap): Edge {
    this.#blocked.set(outputs[0], map);
    return fromBlocks(this.#graph, map);
  }
}

function fitsBlocks(size: ConvolutionSize): boolean {
  return isDepthwise(size) && size.channelsOut % channelsOfBlocks === 0;
}

function rectifierOf({ op, inputs: [, least, most] }: Node): Rectifier | undefined {
  if (op === 'Relu') return { limit: Infinity };
  const [start, limit] = [least, most].map((edge) => (edge as Constant | undefined)?.values?.[0]);
  return op === 'Clip' && start === 0 && limit !== undefined ? { limit } : undefined;
}
