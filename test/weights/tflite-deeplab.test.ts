import { describe, expect, it } from 'vitest';
import { inputPresets } from '../../src/data/input-config.ts';
import { type Adapted, asModel } from '../../src/weights/as-model.ts';
import { formatFates } from '../../src/weights/fates.ts';
import type { Model } from '../../src/weights/model.ts';
import { readWeights } from '../../src/weights/read-weights.ts';
import { transplant } from '../../src/weights/transplant.ts';
import { readFixture } from '../fixtures.ts';
import { randomModel } from './models.ts';

/** A whole DeepLab, thin, written by Python byte by byte; see peer/fixture_pretrained.py. */
const file = new URL('../fixtures/pretrained/deeplab.tflite', import.meta.url).pathname;
const { tensors } = await readFixture('pretrained');
const expected = new Map(
  [...tensors].flatMap(([name, tensor]) =>
    name.startsWith('deeplab/') ? [[name.slice('deeplab/'.length), tensor] as const] : [],
  ),
);

const read = async () => asModel(await readWeights(file)) as Model & Adapted;

describe('DeepLab by TensorFlow Lite', () => {
  it('is a whole network, of which nothing is left out', async () => {
    const { config, weights, changes } = await read();
    expect(config).toMatchObject({ model: 'deeplabv3-mobilenetv2', numClasses: 5, width: 1 / 32 });
    expect(config.input).toEqual(inputPresets.tensorflow);
    expect(new Map([...weights].sort())).toEqual(new Map([...expected].sort()));
    expect(changes).toEqual([]);
  });

  it('may have a head of full width on a narrow backbone, as the published one of half the width', () => {
    const { config, weights } = randomModel({
      model: 'deeplabv3-mobilenetv2',
      width: 1 / 8,
      headWidth: 1 / 4,
    });
    const read = asModel({ file: 'some.file', origin: 'pytorch', tensors: weights }) as Model;
    expect(read.config).toMatchObject({ model: 'deeplabv3-mobilenetv2', width: 1 / 8, headWidth: 1 / 4 });
    expect(read.weights).toEqual(weights);
    const target = { ...config, headWidth: undefined };
    expect(() => transplant(read, target, 1)).toThrow(
      /got a head of width 0.25 on a backbone of width 0.125, .* use --model fcn8s-mobilenetv2/,
    );
    const { fates } = transplant(read, { ...target, model: 'fcn8s-mobilenetv2' }, 1);
    expect(formatFates(fates)).toMatch(/^copied 102: conv1 ... block17_project\n/);
  });

  it('gives all but its scores to a network for other classes', async () => {
    const source = await read();
    const target = { ...source.config, numClasses: 3, classes: ['a', 'b', 'c'] };
    const { fates, weights } = transplant(source, target, 1);
    expect(formatFates(fates)).toBe(
      'copied 108: conv1 ... concat_projection\ninitialized 2: score_fr (5 classes in the file, not 3)',
    );
    expect(weights.get('concat_projection.weight')).toBe(source.weights.get('concat_projection.weight'));
  });

  it('gives its MobileNetV2 to FCN, whose scores are made of other features', async () => {
    const source = await read();
    const { fates } = transplant(source, { ...source.config, model: 'fcn32s-mobilenetv2' }, 1);
    expect(formatFates(fates)).toBe(
      'copied 102: conv1 ... block17_project\n' +
        'initialized 2: conv18 (not in the file)\n' +
        'initialized 3: score_fr, upscore (deeplabv3-mobilenetv2 makes its scores from other features)\n' +
        'dropped 6: image_pooling, aspp0, concat_projection (not part of fcn32s-mobilenetv2)',
    );
  });
});
