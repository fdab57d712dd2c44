import { allocate, sizeOf, type Tensor } from '../../../base/tensor.ts';

/**
 * The largest weight. Those of seven bits, their sign included, are right everywhere: processors without VNNI add pairs of products in 16 bits, which these never
 * fill (2 * 255 * 63 < 2^15). With eight bits such sums are cut off there, which cost up to three points of mean IU; where
 * nothing is cut off, the eighth bit changed the classes of less than a hundredth of the pixels of the networks of the papers, but
 * gave 2.4 points to DeepLab on MobileNetV2. WebAssembly adds such products in 32 bits.
 */
export const largestWeights = { 7: 63, 8: 127 } as const;
export type WeightBits = keyof typeof largestWeights;

/** A convolution's parameters as integers: number = scale[o] integer, with a scale for each output channel o. */
export interface LayerWeights {
  readonly weight: Tensor<'int8'>; // [O, C, K, K]
  readonly weightScale: Tensor<'float32'>; // [O]
  readonly bias: Tensor<'int32'>; // [O]
  /** That of the products of inputs and weights, to which the bias is added. */
  readonly biasScale: Tensor<'float32'>; // [O]
}

/** A bias may take this much of an int32: as much again is left for the sum that it is added to. */
const largestBias = 2 ** 30;

/**
 * Rounds the parameters of a convolution to integers. Of each output channel the largest weight becomes the largest integer.
 *
 * @param weight [O, C, K, K]
 * @param bias [O]
 * @param inputScale of the bytes that the convolution reads
 * @param bits of a weight, its sign included
 */
export function quantizeLayer(
  weight: Tensor<'float32'>,
  bias: Tensor<'float32'>,
  inputScale: number,
  bits: WeightBits = 7,
): LayerWeights {
  const [channels] = weight.shape as [number];
  const weightsPerChannel = sizeOf(weight.shape) / channels;
  const layer = {
    weight: allocate('int8', weight.shape),
    weightScale: allocate('float32', [channels]),
    bias: allocate('int32', [channels]),
    biasScale: allocate('float32', [channels]),
  };
  for (let channel = 0; channel < channels; channel++) {
    const start = channel * weightsPerChannel;
    const own = weight.data.subarray(start, start + weightsPerChannel);
    const largest = own.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    // A channel of (nearly) no weights: the scale is then what the bias needs.
    const least = Math.abs(bias.data[channel]!) / largestBias / inputScale;
    const scale = Math.fround(Math.max(largest / largestWeights[bits], least)) || 1;
    const biasScale = Math.fround(scale * inputScale);
    const integers = layer.weight.data.subarray(start, start + weightsPerChannel);
    for (let i = 0; i < own.length; i++) integers[i] = Math.round(own[i]! / scale);
    layer.weightScale.data[channel] = scale;
    layer.biasScale.data[channel] = biasScale;
    layer.bias.data[channel] = Math.round(bias.data[channel]! / biasScale);
  }
  return layer;
}
