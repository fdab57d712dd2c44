import { counted } from '../../base/counted.ts';
import { inputError } from '../../base/errors.ts';
import { allocate, reuse, type Tensor } from '../../base/tensor.ts';
import type { Sample } from '../datasets/dataset.ts';
import { labelsOf } from '../datasets/labelings.ts';
import { checkPixelData } from '../images/check-pixel-data.ts';
import { channelsOf, type Image } from '../images/image.ts';
import { type InputConfig, imageChannels } from '../input-config.ts';
import { lookUpPlanes } from './look-up-planes.ts';

export interface Batch {
  /** Preprocessed pixels, [N, C, H, W]. */
  readonly image: Tensor<'float32'>;
  /** Class of each pixel or 255, [N, H, W]. */
  readonly label: Tensor<'uint8'>;
  /** The same in the other labelings, in their order; not there where there is one. */
  readonly otherLabels?: readonly Tensor<'uint8'>[];
  readonly ids: readonly string[];
  /** The number of the first sample, counted from 0 since the start of the run; the others follow. */
  readonly first: number;
}

/** Samples as tensors. @throws FcnError when they are not all of one size. */
export function toBatch(samples: readonly Sample[], input: InputConfig, first = 0): Batch {
  const { height, width } = samples[0]!.image;
  const odd = samples.find(({ image }) => image.height !== height || image.width !== width);
  if (odd) {
    throw inputError(
      `batch: got ${odd.id} of ${odd.image.width}x${odd.image.height} with ${samples[0]!.id} of ` +
        `${width}x${height} pixels, expected the same size within a batch; crop or resize the images, or use batch size 1`,
    );
  }
  const channels = input.channels.length;
  const image = allocate('float32', [samples.length, channels, height, width]);
  const [label, ...otherLabels] = labelsOf(samples[0]!).map(() =>
    allocate('uint8', [samples.length, height, width]),
  ) as [Tensor<'uint8'>, ...Tensor<'uint8'>[]];
  samples.forEach((sample, n) => {
    writePlanes(sample.image, input, image.data, n * channels * height * width);
    for (const [i, { data }] of labelsOf(sample).entries()) {
      [label, ...otherLabels][i]!.data.set(data, n * height * width);
    }
  });
  const others = otherLabels.length > 0 && { otherLabels };
  return { image, label, ...others, ids: samples.map(({ id }) => id), first };
}

/** One image as the network's input, [1, C, H, W]. @param memory of an input that is no longer needed */
export function toInput(image: Image, input: InputConfig, memory?: Tensor<'float32'>): Tensor<'float32'> {
  const tensor = reuse(memory, [1, input.channels.length, image.height, image.width]);
  writePlanes(image, input, tensor.data, 0);
  return tensor;
}

/** An image as it is, for a network that brings its preprocessing: uint8 or uint16 [1, H, W, C]. */
export function pixelTensor(image: Image): Tensor<'uint8' | 'uint16'> {
  const { width, height, data } = image;
  const dtype = data.BYTES_PER_ELEMENT === 1 ? 'uint8' : 'uint16';
  const tensor: Tensor<'uint8' | 'uint16'> = allocate(dtype, [1, height, width, channelsOf(image)]);
  tensor.data.set(data);
  return tensor;
}

/** The pixel that is (nearly) zero for the network, to pad images with: a value for each channel of the image. */
export function meanPixel(input: InputConfig): number[] {
  const { scale, mean, log, bits = 8 } = input;
  const pixel = new Array<number>(mean.length);
  imageChannels(input).forEach((source, c) => {
    const value = log?.[c] ? Math.exp(mean[c]!) : (mean[c]! / scale) * 255;
    pixel[source] = Math.min(2 ** bits - 1, Math.max(0, Math.round(value)));
  });
  return pixel;
}

/** The input value of channel c for each value that a pixel may have. */
function valuesOf({ scale, mean, std, log }: InputConfig, c: number, bits: number): Float32Array {
  const inputOf = (pixel: number) => {
    if (!log?.[c]) return ((pixel / 255) * scale - mean[c]!) / std[c]!;
    return pixel === 0 ? 0 : (Math.log(pixel) - mean[c]!) / std[c]!;
  };
  return Float32Array.from({ length: 2 ** bits }, (_, pixel) => inputOf(pixel));
}

/** Interleaved pixels [H, W, C] to planes [C, H, W], in the network's order, at `offset` of `target`. */
function writePlanes(image: Image, input: InputConfig, target: Float32Array, offset: number): void {
  checkImage(image, input);
  const bits = 8 * image.data.BYTES_PER_ELEMENT;
  const planes = imageChannels(input).map((channel, c) => ({ channel, values: valuesOf(input, c, bits) }));
  lookUpPlanes(image, planes, target.subarray(offset));
}

/** @throws FcnError when an image is none, has other channels than the network takes, or other bits */
export function checkImage(image: Image, input: InputConfig, what = 'image'): void {
  checkPixelData(image, what);
  const { bits = 8, names } = input;
  const [channels, found] = [channelsOf(image), 8 * image.data.BYTES_PER_ELEMENT];
  const count = input.channels.length;
  if (channels === count && found === bits) return;
  const meant = names ? ` (${names.join(', ')})` : '';
  throw inputError(
    `${what}: got ${counted(channels, 'channel')} with ${found} bits, expected ${count} with ${bits} bits${meant} for this ` +
      'network; choose images like those that it was trained on',
  );
}
