import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../src/base/tensor.ts';
import type { Image } from '../../src/data/images/image.ts';
import { stackChannels } from '../../src/data/images/stack-channels.ts';
import { type InputConfig, inputPresets, joinInputs } from '../../src/data/input-config.ts';
import { withSegmenter } from '../../src/inference/predict/segmenter.ts';
import { asModel } from '../../src/weights/as-model.ts';
import type { Model } from '../../src/weights/model.ts';
import { readWeights } from '../../src/weights/read-weights.ts';
import { transplantStreams } from '../../src/weights/transplant-streams.ts';
import { temporaryFolder, testImage } from '../data/helpers.ts';
import { relativeDifference } from '../fixtures.ts';
import { encodeCaffe, layersOf } from './caffe-writer.ts';
import { randomModel } from './models.ts';

const hha: InputConfig = {
  ...{ channels: [0, 1, 2], names: ['horizontal disparity', 'height above ground', 'angle with gravity'] },
  ...{ scale: 255, mean: [132.431, 94.076, 118.477], std: [1, 1, 1] },
};
const color: InputConfig = { ...inputPresets.caffe, mean: [116.19, 97.203, 92.318] };
const shape = { model: 'fcn32s', width: 1 / 32, numClasses: 40, deconvolution: 'fixed' } as const;
const classes = Array.from({ length: 40 }, (_, i) => `class ${i}`);

/** Two networks with other weights. */
const first = randomModel({ ...shape, classes, input: color });
const second = randomModel({ ...shape, classes, input: hha });
for (const { data } of second.weights.values())
  for (let i = 1; i < data.length; i += 2) data[i] = data[i]! * 0.7;
second.weights.set('upscore.weight', first.weights.get('upscore.weight')!);

const images = [
  testImage(40, 33),
  { ...testImage(40, 33), data: testImage(40, 33).data.map((value) => 255 - value) },
];
const both = stackChannels(images, ['a', 'b']);

const scoresOf = (model: Model, image: Image) =>
  withSegmenter(model, { threads: 1 }, (segmenter) => segmenter.scores(image));

/** The average of what the two networks give, since the deconvolution behind it is linear. */
async function expectAverage(fused: Model): Promise<void> {
  const [a, b] = [await scoresOf(first, images[0]!), await scoresOf(second, images[1]!)];
  const average: Tensor<'float32'> = { ...a, data: a.data.map((value, i) => (value + b.data[i]!) / 2) };
  expect(relativeDifference(await scoresOf(fused, both), average)).toBeLessThan(1e-4);
  expect(relativeDifference(a, b)).toBeGreaterThan(0.1);
}

const streams = [
  { name: 'color', channels: 3 },
  { name: 'hha', channels: 3 },
];

describe('late fusion of two networks', () => {
  it('starts as the average of their scores', async () => {
    const config = { ...first.config, streams, input: joinInputs([color, hha]) };
    const { weights, fates } = transplantStreams(
      new Map([
        ['color', first],
        ['hha', second],
      ]),
      config,
      0,
    );
    expect(fates.every(({ fate }) => fate === 'copied')).toBe(true);
    await expectAverage({ config, weights });
  });

  it('is read from the Caffe model of the reference implementation, by the names that its layers have there', async () => {
    const named = (model: Model, stream: string) =>
      layersOf(
        new Map([...model.weights].filter(([name]) => !name.startsWith('upscore'))),
        (layer) => layer + stream,
      );
    const shared = layersOf(new Map([...first.weights].filter(([name]) => name.startsWith('upscore'))));
    const file = path.join(await temporaryFolder(), 'nyud-fcn32s-color-hha.caffemodel');
    await writeFile(file, encodeCaffe([...named(first, 'color'), ...named(second, 'hha'), ...shared], 'v2'));
    const model = asModel(await readWeights(file));
    if (!('config' in model)) throw new Error('no network');
    expect(model.config).toMatchObject({ model: 'fcn32s', numClasses: 40, deconvolution: 'fixed', streams });
    expect(model.config.input).toEqual(joinInputs([color, hha]));
    await expectAverage(model);
  });
});

it('reads the network for RGB-D of the reference implementation, whose first layer is called otherwise', async () => {
  const four = randomModel({
    ...shape,
    classes,
    input: {
      ...hha,
      channels: [0, 1, 2, 3],
      mean: [0, 0, 0, 0],
      std: [1, 1, 1, 1],
      names: ['a', 'b', 'c', 'd'],
    },
  });
  const layers = layersOf(four.weights, (layer) => (layer === 'conv1_1' ? 'conv1_1_bgrd' : layer));
  const file = path.join(await temporaryFolder(), 'nyud-fcn32s-color-d.caffemodel');
  await writeFile(file, encodeCaffe(layers, 'v2'));
  const model = asModel(await readWeights(file));
  if (!('config' in model)) throw new Error('no network');
  expect(model.config.input).toEqual({
    ...{ channels: [2, 1, 0, 3], names: ['red', 'green', 'blue', 'depth in mm'], bits: 16, scale: 255 },
    ...{ mean: [116.19, 97.203, 92.318, 7.844], std: [1, 1, 1, 1], log: [false, false, false, true] },
  });
  expect(model.weights.get('conv1_1.weight')!.shape[1]).toBe(4);
});

it('puts preprocessings of other scales in terms of one', () => {
  const joined = joinInputs([inputPresets.torchvision, hha]);
  expect(joined).toMatchObject({ channels: [0, 1, 2, 3, 4, 5], scale: 1 });
  expect(joined.names!.slice(0, 3)).toEqual(['red', 'green', 'blue']);
  const value = (pixel: number, c: number) =>
    ((pixel / 255) * joined.scale - joined.mean[c]!) / joined.std[c]!;
  expect(value(200, 0)).toBeCloseTo((200 / 255 - 0.485) / 0.229, 6);
  expect(value(200, 4)).toBeCloseTo(200 - 94.076, 3);
});
