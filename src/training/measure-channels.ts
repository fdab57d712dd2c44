import type { Channel, Dataset } from '../data/datasets/dataset.ts';
import { spacedIndices } from '../data/datasets/spaced-indices.ts';
import { type InputConfig, imageChannels } from '../data/input-config.ts';

/** What a network has to know of the images of a data set that are not RGB. */
export interface MeasuredChannels {
  readonly bits: 8 | 16;
  readonly channels: readonly (Channel & {
    readonly mean: number;
    /** Where the data say the mean, they are given as they vary. */
    readonly deviation: number | undefined;
    readonly greatest: number;
  })[];
}

/** Images whose pixels are measured, spread over the split. */
const sampleSize = 30;

/** Mean and standard deviation of each channel, of its logarithm where it goes by that; undefined for a data set of RGB images. */
export async function measureChannels(dataset: Dataset): Promise<MeasuredChannels | undefined> {
  const { channels, ids } = dataset;
  if (!channels) return undefined;
  const sums = channels.map(() => ({ count: 0, sum: 0, squares: 0, greatest: 0 }));
  let bits: 8 | 16 = 8;
  for (const index of spacedIndices(ids.length, sampleSize)) {
    const { data } = (await dataset.load(index)).image;
    if (data.BYTES_PER_ELEMENT > 1) bits = 16;
    for (let at = 0; at < data.length; at++) {
      const channel = at % channels.length;
      const { log = false } = channels[channel]!;
      if (log && data[at] === 0) continue; // no measurement
      const value = log ? Math.log(data[at]!) : data[at]!;
      const total = sums[channel]!;
      total.count += 1;
      total.sum += value;
      total.squares += value * value;
      total.greatest = Math.max(total.greatest, data[at]!);
    }
  }
  return {
    bits,
    channels: channels.map((channel, c) => {
      const { count, sum, squares, greatest } = sums[c]!;
      const measured = sum / Math.max(1, count);
      const deviation = Math.sqrt(Math.max(0, squares / Math.max(1, count) - measured ** 2));
      const { mean } = channel;
      return mean === undefined
        ? { ...channel, greatest, mean: rounded(measured), deviation: rounded(deviation) || 1 }
        : { ...channel, greatest, mean, deviation: undefined };
    }),
  };
}

const colors = ['red', 'green', 'blue'];

/** The standard deviation of colors in photographs, of 255: what networks that were trained on them are used to (torchvision's). */
const usualDeviation = 0.226 * 255;

/**
 * The preprocessing of a network for images that are not RGB, which starts from one for RGB images: that of 8-bit colors stays; another
 * channel gets its mean subtracted and, where that is measured, is scaled to vary as colors do. The colors come first, in the
 * order of the given preprocessing.
 */
export function inputFor(base: InputConfig, { bits, channels }: MeasuredChannels): InputConfig {
  const { scale } = base;
  const order = imageChannels(base).map((c) => colors[c]!);
  const spread = average(base.std);
  const place = (c: number) => {
    const color = order.indexOf(channels[c]!.name);
    return color < 0 ? order.length + c : color;
  };
  // Streams stay together.
  const streams = [...new Set(channels.map(({ stream }) => stream))];
  const network = streams.flatMap((stream) =>
    [...channels.keys()].filter((c) => channels[c]!.stream === stream).sort((a, b) => place(a) - place(b)),
  );
  const settings = network.map((c) => {
    const { name, log = false, mean, deviation = usualDeviation, greatest } = channels[c]!;
    const color = order.indexOf(name);
    // Nobody knows what 16-bit colors are in bytes.
    if (color >= 0 && greatest < 256) return { mean: base.mean[color]!, std: base.std[color]!, log };
    if (log) return { mean, std: 1, log };
    return { mean: (mean / 255) * scale, std: (spread * deviation) / usualDeviation, log };
  });
  return {
    channels: network,
    scale,
    mean: settings.map(({ mean }) => mean),
    std: settings.map(({ std }) => std),
    ...(settings.some(({ log }) => log) && { log: settings.map(({ log }) => log) }),
    ...(bits === 16 && { bits }),
    names: channels.map(({ name }) => name),
  };
}

/** As many digits as such a sample has. */
function rounded(value: number): number {
  return Number(value.toPrecision(6));
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
