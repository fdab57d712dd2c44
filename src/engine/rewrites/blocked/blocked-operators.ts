import type { Attributes, Edge, Graph } from '../../graph/graph.ts';

/**
 * Operators of ONNX Runtime's own for maps in its blocked layout: [N, C / B, H, W, B] under the shape [N, C, H, W], where B, 8 or
 * 16, is how many numbers the processor computes at once. Only sessions of our own get graphs with these. ONNX Runtime's
 * optimizer emits the same ones (onnxruntime/core/optimizer/nchwc_transformer.cc), but only where weights are constants.
 */
const domain = 'com.microsoft.nchwc';

/** Channels come in multiples of this, whichever size a block has. */
export const channelsOfBlocks = 16;

/** A map in blocks. */
export interface BlockedMap {
  readonly edge: Edge;
  readonly channels: number;
}

/** What a convolution applies to its results: min(max(y, 0), limit). */
export interface Rectifier {
  /** Infinity: none. */
  readonly limit: number;
}

export interface DepthwiseOptions {
  /** In ONNX's order: zeros before both axes, then after them. */
  readonly pads: readonly [top: number, left: number, bottom: number, right: number];
  readonly stride?: number;
  readonly dilation?: number;
  /** [C] */
  readonly bias?: Edge | undefined;
  readonly rectifier?: Rectifier | undefined;
}

/** A map, [N, C, H, W], in blocks. */
export function toBlocks(graph: Graph, map: Edge, channels: number): BlockedMap {
  return { edge: graph.emit(`${domain}.ReorderInput`, [map]), channels };
}

/** A map in blocks as [N, C, H, W]. */
export function fromBlocks(graph: Graph, { edge, channels }: BlockedMap): Edge {
  return graph.emit(`${domain}.ReorderOutput`, [edge], { channels });
}

/** The images of a batch as channels of one. Nothing is copied. */
export function imagesAsChannels(graph: Graph, { edge, channels }: BlockedMap, batch: number): BlockedMap {
  if (batch === 1) return { edge, channels };
  return { edge: graph.reshape(edge, [1, batch * channels, 0, 0]), channels: batch * channels };
}

/**
 * Convolves each channel with a kernel of its own.
 * @param kernels a map of one image, whose channel c is the kernel of channel c; of any size
 */
export function depthwiseConvolution(
  graph: Graph,
  { edge, channels }: BlockedMap,
  kernels: BlockedMap,
  { pads, stride = 1, dilation = 1, bias, rectifier }: DepthwiseOptions,
): BlockedMap {
  const w = graph.reshape(kernels.edge, [channels, 1, 0, 0]); // the blocks of both shapes lie in the same order
  const attributes = {
    group: channels,
    pads,
    strides: [stride, stride],
    dilations: [dilation, dilation],
    ...(rectifier && activation(rectifier)),
  };
  return { edge: graph.emit(`${domain}.Conv`, bias ? [edge, w, bias] : [edge, w], attributes), channels };
}

/**
 * Four maps as one of twice their height and width: each block of 2x2 pixels has one of each.
 * @param maps the pixels of even rows and columns, even rows and odd columns, odd and even, odd and odd ones
 * @param shape of the result
 */
export function interleave(
  graph: Graph,
  maps: readonly BlockedMap[],
  [batch, channels, height, width]: readonly [number, number, number, number],
): BlockedMap {
  const block = channelsOfBlock(graph);
  const rowsOf = (size: Edge) => graph.emit('Concat', [graph.int64([-1]), size], { axis: 0 });
  const asRows = (edge: Edge, shape: Edge) => graph.emit('Reshape', [edge, shape]);
  const pixels = rowsOf(block);
  const lines = rowsOf(graph.emit('Mul', [block, graph.int64([width])]));
  const join = (edges: readonly Edge[]) => graph.emit('Concat', edges, { axis: 1 });
  const [evenRows, oddRows] = [maps.slice(0, 2), maps.slice(2)].map((columns) => {
    return asRows(join(columns.map(({ edge }) => asRows(edge, pixels))), lines);
  }) as [Edge, Edge];
  return { edge: graph.reshape(join([evenRows, oddRows]), [batch, channels, height, width]), channels };
}

/** How many channels a block has, as the running graph knows it: so many become of one. int64 [1] */
function channelsOfBlock(graph: Graph): Edge {
  const one = toBlocks(graph, graph.float32([0], [1, 1, 1, 1]), 1);
  return graph.emit('Shape', [one.edge], { start: 1, end: 2 });
}

function activation({ limit }: Rectifier): Attributes {
  if (!Number.isFinite(limit)) return { activation: 'Relu' };
  return { activation: 'Clip', activation_params: { floats: [0, limit] } };
}
