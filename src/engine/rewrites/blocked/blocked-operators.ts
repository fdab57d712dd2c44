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
  readonly pads: readonly [before: number, after: number];
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
  { pads: [before, after], stride = 1, dilation = 1, bias, rectifier }: DepthwiseOptions,
): BlockedMap {
  const w = graph.reshape(kernels.edge, [channels, 1, 0, 0]); // the blocks of both shapes lie in the same order
  const attributes = {
    group: channels,
    pads: [before, before, after, after],
    strides: [stride, stride],
    dilations: [dilation, dilation],
    ...(rectifier && activation(rectifier)),
  };
  return { edge: graph.emit(`${domain}.Conv`, bias ? [edge, w, bias] : [edge, w], attributes), channels };
}

function activation({ limit }: Rectifier): Attributes {
  if (!Number.isFinite(limit)) return { activation: 'Relu' };
  return { activation: 'Clip', activation_params: { floats: [0, limit] } };
}
