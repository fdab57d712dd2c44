import * as z from 'zod';
import { listOf, someOf } from '../base/schemas.ts';

const perChannel = someOf(z.number());

/**
 * How pixels become the network's input. Input value of channel c, in the order that `channels` says:
 * (pixel / 255 * scale - mean[c]) / std[c], with pixel 0..255, or whatever is stored where the image has 16 bits. Where `log`
 * says so it is (ln(pixel) - mean[c]) / std[c], and 0 where the pixel is 0, which stands for no measurement.
 */
export const inputConfigSchema = z
  .looseObject({
    /** Of RGB images; or, of others, the number of the image's channel that each channel of the network is: [2, 1, 0, 3]. */
    channels: z.union([z.enum(['RGB', 'BGR']), someOf(z.int().nonnegative())], {
      error: 'expected RGB, BGR or the numbers of channels',
    }),
    scale: z.number(),
    mean: perChannel,
    std: perChannel.refine((deviations) => deviations.every((x) => x !== 0), 'must not be 0'),
    log: listOf(z.boolean()).optional(),
    /** Bits of a value in the images; default: 8. */
    bits: z.literal([8, 16]).optional(),
    /** What the channels of the image show, in its order, where the data say so. */
    names: listOf(z.string()).optional(),
  })
  .superRefine(({ channels, mean, std, log, names }, check) => {
    const count = channels.length;
    for (const [key, values] of Object.entries({ mean, std, log, names })) {
      if (values === undefined || values.length === count) continue;
      const message = `got ${values.length} values, expected ${count}, one for each channel`;
      check.addIssue({ code: 'custom', path: [key], message });
    }
    const isPermutation =
      new Set<unknown>(channels).size === count &&
      (typeof channels === 'string' || channels.every((i) => i < count));
    if (!isPermutation) {
      const message = `expected each of 0 to ${count - 1} once, the channels of the image`;
      check.addIssue({ code: 'custom', path: ['channels'], message });
    }
  });
export type InputConfig = z.infer<typeof inputConfigSchema>;

/** For each channel of the network, the number of the image's channel that it is: of BGR, 2, 1 and 0. */
export function imageChannels({ channels }: Pick<InputConfig, 'channels'>): readonly number[] {
  return typeof channels === 'string' ? [...channels].map((name) => 'RGB'.indexOf(name)) : channels;
}

/** The preprocessing of some of a network's channels, which are the same of the image, as that of a network by itself. */
export function partOfInput(input: InputConfig, first: number, count: number): InputConfig {
  const part = <T>(values: readonly T[]) => values.slice(first, first + count);
  const { mean, std, log, names } = input;
  return {
    ...input,
    channels: part(imageChannels(input)).map((channel) => channel - first),
    ...{ mean: part(mean), std: part(std) },
    ...(log && { log: part(log) }),
    ...(names && { names: part(names) }),
  };
}

/** The preprocessing of an image that holds the channels of several, one behind the other. */
export function joinInputs(inputs: readonly InputConfig[]): InputConfig {
  const [{ scale }] = inputs as [InputConfig];
  const joined = inputs.map((input) => {
    const factor = scale / input.scale; // the same values at another scale; logarithms have none
    const log = input.log ?? input.mean.map(() => false);
    const ofScale = (value: number, c: number) => (log[c] ? value : value * factor);
    const names = input.names ?? namesOfChannels(input);
    return {
      channels: imageChannels(input),
      mean: input.mean.map(ofScale),
      std: input.std.map(ofScale),
      log,
      names,
    };
  });
  const starts = joined.map((_, i) =>
    joined.slice(0, i).reduce((sum, { channels }) => sum + channels.length, 0),
  );
  const log = joined.flatMap((input) => input.log);
  return {
    channels: joined.flatMap(({ channels }, i) => channels.map((channel) => channel + starts[i]!)),
    ...{ scale, mean: joined.flatMap(({ mean }) => mean), std: joined.flatMap(({ std }) => std) },
    ...(log.includes(true) && { log }),
    ...(inputs.some(({ bits }) => bits === 16) && { bits: 16 }),
    names: joined.flatMap(({ names }) => names),
  };
}

/** What the channels of its images are called where nobody says: by their color, or by their number. */
export function namesOfChannels(input: Pick<InputConfig, 'channels'>): string[] {
  if (isOfColors(input)) return ['red', 'green', 'blue'];
  return imageChannels(input).map((_, i) => `channel ${i + 1}`);
}

/** Whether a network is for images of red, green and blue, which all image files can be shown as. */
export function isOfColors({ channels }: Pick<InputConfig, 'channels'>): boolean {
  return typeof channels === 'string';
}

/** Preprocessing by the tool that made the weights. */
export const inputPresets: Record<'caffe' | 'torchvision' | 'tensorflow', InputConfig> = {
  /** Caffe's VGG-16 and the reference FCNs: BGR, 0..255, mean of ImageNet. */
  caffe: { channels: 'BGR', scale: 255, mean: [104.00699, 116.66877, 122.67892], std: [1, 1, 1] },
  /** torchvision: RGB, 0..1, mean and deviation of ImageNet. */
  torchvision: { channels: 'RGB', scale: 1, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  /** TensorFlow's MobileNets: RGB, -1 to 1. */
  tensorflow: { channels: 'RGB', scale: 255, mean: [128, 128, 128], std: [128, 128, 128] },
};
export type InputPreset = keyof typeof inputPresets;
