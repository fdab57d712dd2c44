import { describe, expect, it } from 'vitest';
import type { Image } from '../../src/data/images/image.ts';
import { type InputConfig, inputPresets } from '../../src/data/input-config.ts';
import { nativeRuntime } from '../../src/engine/runtimes/native/native-runtime.ts';
import { withSegmenter } from '../../src/inference/predict/segmenter.ts';
import type { Model } from '../../src/weights/model.ts';
import { transplant } from '../../src/weights/transplant.ts';
import { testImage } from '../data/helpers.ts';
import { relativeDifference } from '../fixtures.ts';
import { randomModel } from './models.ts';

const rgb = { ...inputPresets.caffe, mean: [110, 110, 110] };

/** What becomes of a network for RGB images that starts one for others. */
function adapted(source: Model, input: InputConfig): { model: Model; reason: string } {
  const config = { ...source.config, input };
  const { weights, fates } = transplant(source, config, 0);
  const first = fates.find(({ name }) => /^conv1(_1)?\.weight$/.test(name))!;
  expect(first.fate).toBe('expanded');
  expect(fates.filter(({ fate }) => fate !== 'copied')).toEqual([first]);
  return { model: { config, weights }, reason: first.reason };
}

const scoresOf = (model: Model, image: Image) =>
  withSegmenter(model, { threads: 1 }, (segmenter) => segmenter.scores(image), nativeRuntime);

/** Channels of an image, chosen by number, with others of one value for -1. */
function channelsFrom({ width, height, data }: Image, order: readonly number[], other = 0): Image {
  const picked = Array.from({ length: width * height }, (_, i) =>
    order.map((c) => (c < 0 ? other : data[3 * i + c]!)),
  );
  return { width, height, data: Uint8Array.from(picked.flat()) };
}

describe.each(['fcn8s', 'fcn8s-mobilenetv2', 'fcn-resnet50'] as const)('%s', (model) => {
  const width = model === 'fcn8s' ? 1 / 32 : 1 / 8;
  const source = randomModel({ model, width, input: rgb });

  // A channel whose value is its mean is 0 for the network: whatever its kernels, the colors alone decide.
  it('copies the kernels of colors, so that the scores stay where the other channels say nothing', async () => {
    const { model: target, reason } = adapted(source, {
      ...{ channels: [2, 1, 0, 3], names: ['red', 'green', 'blue', 'depth'], scale: 255 },
      ...{ mean: [110, 110, 110, 77], std: [1, 1, 1, 5] },
    });
    expect(reason).toBe('blue, green, red copied; depth: the mean of red, green and blue');
    const image = testImage(33, 40);
    const expected = await scoresOf(source, image);
    expect(
      relativeDifference(await scoresOf(target, channelsFrom(image, [0, 1, 2, -1], 77)), expected),
    ).toBeLessThan(1e-5);
  });

  // The sum of an RGB network's kernels answers to gray as the network does to gray repeated three times.
  it('scales the means where no channel is a color, so that gray gives the scores of gray repeated', async () => {
    const { model: target } = adapted(source, { channels: [0], scale: 255, mean: [110], std: [1] });
    const image = testImage(33, 40);
    const expected = await scoresOf(source, channelsFrom(image, [1, 1, 1]));
    expect(relativeDifference(await scoresOf(target, channelsFrom(image, [1])), expected)).toBeLessThan(1e-4);
  });
});

it('starts a further channel with the mean of the three kernels, as the reference implementation does', () => {
  const source = randomModel({ input: rgb });
  const { model } = adapted(source, {
    ...{ channels: [2, 1, 0, 3], names: ['red', 'green', 'blue', 'depth'], scale: 255 },
    ...{ mean: [1, 2, 3, 4], std: [1, 1, 1, 1] },
  });
  const [before, after] = [source, model].map(({ weights }) => weights.get('conv1_1.weight')!);
  for (let i = 0; i < 9; i++) {
    const [b, g, r] = [0, 1, 2].map((c) => before!.data[9 * c + i]!) as [number, number, number];
    expect(after!.data[27 + i]).toBeCloseTo((b + g + r) / 3, 6);
  }
});

it('starts a further channel with zeros where asked to, so that the scores are those of the RGB network', async () => {
  const source = randomModel({ input: rgb });
  const input = {
    ...{ channels: [2, 1, 0, 3], names: ['red', 'green', 'blue', 'depth'], scale: 255 },
    ...{ mean: [...rgb.mean, 4], std: [1, 1, 1, 1] },
  };
  const { weights, fates } = transplant(source, { ...source.config, input }, 0, { addedChannels: 'zero' });
  expect(fates[0]).toEqual({
    ...{ name: 'conv1_1.weight', fate: 'expanded', reason: 'blue, green, red copied; depth: zero' },
  });
  const image = testImage(33, 40);
  const found = await scoresOf(
    { config: { ...source.config, input }, weights },
    channelsFrom(image, [0, 1, 2, 1]),
  );
  expect(relativeDifference(found, await scoresOf(source, image))).toBeLessThan(1e-5);
  const gray = { channels: [0], scale: 255, mean: [110], std: [1] };
  expect(() => transplant(source, { ...source.config, input: gray }, 0, { addedChannels: 'zero' })).toThrow(
    /--added-channels: got zero for images of channel 1, expected a color among them/,
  );
});

it('leaves three channels that are no colors the kernels as they are, as the reference implementation does for HHA', () => {
  const source = randomModel({ input: rgb });
  const input = { channels: [0, 1, 2], names: ['disparity', 'height', 'angle'], scale: 255 };
  const config = { ...source.config, input: { ...input, mean: [1, 2, 3], std: [1, 1, 1] } };
  const { weights, fates } = transplant(source, config, 0);
  expect(fates.every(({ fate }) => fate === 'copied')).toBe(true);
  expect(weights.get('conv1_1.weight')).toBe(source.weights.get('conv1_1.weight'));
});

it('refuses to start a network for one kind of other images from one for another', () => {
  const four = { channels: [0, 1, 2, 3], scale: 255, mean: [0, 0, 0, 0], std: [1, 1, 1, 1] };
  const source = randomModel({ input: four });
  const target = { ...source.config, input: rgb };
  expect(() => transplant(source, target, 0)).toThrow(
    /got a network for images of 4 channels, expected one for 3 or for RGB;.*--channels 4/,
  );
});
