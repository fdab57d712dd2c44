import { allocate, type Tensor, tensorOf } from '../../../base/tensor.ts';
import type { Constant, Edge, Graph, Node } from '../../graph/graph.ts';
import type { Affine } from './affine.ts';
import { type LayerWeights, largestWeights, quantizeLayer, type WeightBits } from './layer-weights.ts';

/**
 * An image of bytes whose pixels the first layer can read as they are: its numbers are factor byte + offset, for each channel.
 *
 * The numbers of all channels are 0 around the image, where it is padded, but at one byte only one of them is. What the others need is
 * the business of one more channel, which tells inside from outside.
 */
export interface Pixels {
  /** uint8 [N, H, W, C]. */
  readonly image: Edge;
  /** The numbers, float32 [N, C, H, W]. */
  readonly numbers: Edge;
  readonly factors: readonly number[];
  readonly offsets: readonly number[];
  /** Which channel of the image each channel of the numbers is. */
  readonly order: readonly number[];
}

/** The byte that is around the image: where the numbers are 0, in the mean of the channels. */
function zeroOf({ factors, offsets }: Pixels): number {
  const zeros = factors.map((factor, c) => -offsets[c]! / factor);
  const mean = zeros.reduce((sum, zero) => sum + zero, 0) / zeros.length;
  return Math.min(255, Math.max(0, Math.round(mean)));
}

/** How the bytes of the pixels are told from each other in arithmetic. */
export function pixelAffine(pixels: Pixels): Affine {
  return { scale: 1, zeroPoint: zeroOf(pixels) };
}

/** What the extra channel is inside of the image: as far from what it is outside as can be. */
function insideOf(zero: number): number {
  return zero < 128 ? 255 : 0;
}

/** ONNX Runtime's kernels take channels in fours. */
function channelsOf({ factors }: Pixels): number {
  return Math.ceil((factors.length + 1) / 4) * 4;
}

/** What can read pixels: the first layer, and what moves them to it. */
const readers: Readonly<Record<string, (node: Node) => boolean>> = {
  Conv: ({ attributes: { group = 1 } }) => group === 1,
  Pad: () => true,
  Slice: ({ inputs: [, , , axes] }) => isOfPlanes((axes as Partial<Constant>).values ?? []),
  Shape: ({ attributes: { start = 0 } }) => isOfPlanes([Number(start)]),
};

/** Not which channels there are, nor how many. */
function isOfPlanes(axes: readonly number[]): boolean {
  return axes.length > 0 && axes.every((axis) => axis >= 2);
}

/**
 * Whether all that reads the pixels, or zeros in their place, can read them with another channel.
 * @param isPixels whether an edge has the scale of the pixels
 * @param isByteOperation whether a node will work on bytes
 */
export function canReadPixels(
  graph: Graph,
  { numbers }: Pixels,
  isPixels: (edge: Edge) => boolean,
  isByteOperation: (node: Node) => boolean,
): boolean {
  return graph.nodes.every((node) => {
    const { op, inputs, outputs } = node;
    if (inputs.some(isPixels)) {
      return readers[op]?.(node) === true && (op === 'Shape' || isByteOperation(node));
    }
    return !isPixels(outputs[0]) || outputs[0] === numbers || isZeros(node);
  });
}

function isZeros({ op, inputs: [value] }: Node): boolean {
  const { values } = value as Partial<Constant>;
  return op === 'Expand' && values?.every((number) => number === 0) === true;
}

/** Emits the bytes that the first layer reads: [N, channels, H, W]. */
export function pixelBytes(graph: Graph, pixels: Pixels): Edge {
  const planes = graph.emit('Transpose', [pixels.image], { perm: [0, 3, 1, 2] });
  const marked = moreChannels(graph, planes, 1, insideOf(zeroOf(pixels)));
  return moreChannels(graph, marked, channelsOf(pixels) - pixels.factors.length - 1, zeroOf(pixels));
}

/** The same of a map of zeros. @param bytes [N, C, H, W] */
export function zeroBytes(graph: Graph, bytes: Edge, pixels: Pixels): Edge {
  return moreChannels(graph, bytes, channelsOf(pixels) - pixels.factors.length, zeroOf(pixels));
}

function moreChannels(graph: Graph, bytes: Edge, count: number, value: number): Edge {
  if (count === 0) return bytes;
  const name = `byte_${value}`;
  graph.initializers.set(name, tensorOf('uint8', [], [value]));
  return graph.emit('Pad', [bytes, graph.int64([0, 0, 0, 0, 0, count, 0, 0]), { name }]);
}

/**
 * As `quantizeLayer`, for the layer that reads pixels. Inside of the image its sums are exact but for the rounding of its weights;
 * around it they are wrong by half a weight of the extra channel at most.
 * @param weight [O, C, K, K]
 */
export function quantizePixelLayer(
  weight: Tensor<'float32'>,
  bias: Tensor<'float32'>,
  pixels: Pixels,
  bits: WeightBits = 7,
): LayerWeights {
  const [channelsOut, , kernel] = weight.shape as [number, number, number];
  const { factors, offsets, order } = pixels;
  const channels = channelsOf(pixels);
  const extra = factors.length;
  const positions = kernel * kernel;
  const zero = zeroOf(pixels);
  const inside = insideOf(zero) - zero;
  // What a weight of a channel leaves to the extra one.
  const left = factors.map((factor, c) => (zero + offsets[c]! / factor) / inside);
  const at = (out: number, channel: number, position: number) =>
    (out * channels + channel) * positions + position;

  const scaled = allocate('float32', [channelsOut, channels, kernel, kernel]);
  for (let out = 0; out < channelsOut; out++) {
    factors.forEach((factor, c) => {
      for (let i = 0; i < positions; i++) {
        const own = weight.data[(out * factors.length + c) * positions + i]! * factor;
        scaled.data[at(out, order[c]!, i)] = own;
        scaled.data[at(out, extra, i)]! += own * left[c]!;
      }
    });
  }
  const layer = quantizeLayer(scaled, bias, 1, bits);
  const limit = largestWeights[bits];
  for (let out = 0; out < channelsOut; out++) {
    let missing = 0; // what rounding has left out so far
    for (let i = 0; i < positions; i++) {
      for (const [c, share] of left.entries()) missing += layer.weight.data[at(out, order[c]!, i)]! * share;
      const rounded = Math.min(limit, Math.max(-limit, Math.round(missing)));
      layer.weight.data[at(out, extra, i)] = rounded;
      missing -= rounded;
    }
    layer.bias.data[out]! += Math.round(missing * inside);
  }
  return layer;
}
