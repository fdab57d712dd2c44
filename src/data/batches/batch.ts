import { inputError } from '../../base/errors.ts';
import { allocate, reuse, type Tensor } from '../../base/tensor.ts';
import type { Sample } from '../datasets/dataset.ts';
import { labelsOf } from '../datasets/labelings.ts';
import type { RgbImage } from '../images/image.ts';
import type { Color } from '../images/palette.ts';
import type { InputConfig } from '../input-config.ts';

export interface Batch {
  /** Preprocessed pixels, [N, 3, H, W]. */
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
      `batch: got ${odd.id} of ${odd.image.width}x${odd.image.height} beside ${samples[0]!.id} of ` +
        `${width}x${height} pixels, expected one size in a batch; crop or resize the images, or use batch size 1`,
    );
  }
  const image = allocate('float32', [samples.length, 3, height, width]);
  const [label, ...otherLabels] = labelsOf(samples[0]!).map(() =>
    allocate('uint8', [samples.length, height, width]),
  ) as [Tensor<'uint8'>, ...Tensor<'uint8'>[]];
  const tables = channelTables(input);
  samples.forEach((sample, n) => {
    writePlanes(sample.image, tables, image.data, n * 3 * height * width);
    for (const [i, { data }] of labelsOf(sample).entries()) {
      [label, ...otherLabels][i]!.data.set(data, n * height * width);
    }
  });
  const others = otherLabels.length > 0 && { otherLabels };
  return { image, label, ...others, ids: samples.map(({ id }) => id), first };
}

/** One image as the network's input, [1, 3, H, W]. @param memory of an input that is no longer needed */
export function toInput(image: RgbImage, input: InputConfig, memory?: Tensor<'float32'>): Tensor<'float32'> {
  const tensor = reuse(memory, [1, 3, image.height, image.width]);
  writePlanes(image, channelTables(input), tensor.data, 0);
  return tensor;
}

/** The color that is (nearly) zero for the network, to pad images with. */
export function meanColor(input: InputConfig): Color {
  const [first, second, third] = input.mean.map((mean) => {
    return Math.min(255, Math.max(0, Math.round((mean / input.scale) * 255)));
  }) as [number, number, number];
  return input.channels === 'RGB' ? [first, second, third] : [third, second, first];
}

/** Where a channel comes from (0 red, 1 green, 2 blue), and its input value for each of the 256 pixel values. */
interface ChannelTable {
  readonly source: number;
  readonly values: Float32Array;
}

/** The network's channels in their order: (pixel / 255 * scale - mean) / std. */
function channelTables({ channels, scale, mean, std }: InputConfig): ChannelTable[] {
  return [...channels].map((name, c) => ({
    source: 'RGB'.indexOf(name),
    values: Float32Array.from({ length: 256 }, (_, pixel) => ((pixel / 255) * scale - mean[c]!) / std[c]!),
  }));
}

/** Interleaved pixels [H, W, 3] to planes [3, H, W] at `offset` of `target`. */
function writePlanes(image: RgbImage, tables: ChannelTable[], target: Float32Array, offset: number): void {
  const pixels = image.width * image.height;
  tables.forEach(({ source, values }, plane) => {
    const start = offset + plane * pixels;
    for (let i = 0; i < pixels; i++) target[start + i] = values[image.data[i * 3 + source]!]!;
  });
}
