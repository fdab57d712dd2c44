import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { allocate, type Tensor } from '../../src/base/tensor.ts';
import { vocClasses } from '../../src/data/datasets/voc-classes.ts';
import { inputPresets } from '../../src/data/input-config.ts';
import { type ModelName, modelNames } from '../../src/networks/model-names.ts';
import { inferConfig } from '../../src/weights/infer-config.ts';
import type { Model } from '../../src/weights/model.ts';
import { loadModel, saveModel } from '../../src/weights/model-file.ts';
import { readSafetensors, writeSafetensors } from '../../src/weights/safetensors/safetensors.ts';
import { temporaryFolder } from '../data/helpers.ts';
import { encodeCaffe, layersOf } from './caffe-writer.ts';
import { fixtureWeights, randomModel } from './models.ts';

let file: string;
beforeEach(async () => {
  file = path.join(await temporaryFolder(), 'model.safetensors');
});

describe('a weights file', () => {
  it.each(modelNames)('holds %s to the bit', async (model) => {
    const saved = randomModel({ model, width: 1 / 16 });
    await saveModel(file, saved);
    expect(await loadModel(file)).toEqual(saved);
  });

  it('has the metadata and the tensor names of the contract', async () => {
    await saveModel(file, randomModel({ width: 0.02 }));
    const { tensors, metadata } = await readSafetensors(file);
    expect(Object.keys(metadata)).toEqual(['fcn']);
    expect(JSON.parse(metadata.fcn!)).toEqual({
      model: 'fcn8s',
      numClasses: 21,
      width: 0.02,
      deconvolution: 'learned',
      classes: vocClasses,
      input: { channels: 'BGR', scale: 255, mean: [104.00699, 116.66877, 122.67892], std: [1, 1, 1] },
    });
    const layers = [...tensors.keys()].filter((name) => name.endsWith('.weight'));
    expect(layers.slice(-8)).toEqual(
      [
        ...['fc6', 'fc7', 'score_fr', 'upscore2', 'score_pool4'],
        ...['upscore_pool4', 'score_pool3', 'upscore8'],
      ].map((layer) => `${layer}.weight`),
    );
    expect(tensors.get('upscore8.weight')!.shape).toEqual([21, 21, 16, 16]);
    expect(tensors.get('fc6.weight')!.shape).toEqual([82, 10, 7, 7]);
  });

  it('keeps keys of the configuration that it does not know', async () => {
    const { config, weights } = randomModel();
    const extended = { ...config, license: 'CC0', input: { ...config.input, gamma: [1, { a: 2 }] } };
    await saveModel(file, { config: extended, weights });
    await saveModel(file, await loadModel(file));
    expect((await loadModel(file)).config).toEqual(extended);
  });

  const change = (edit: (weights: Map<string, Tensor>) => void) => async () => {
    const { config, weights } = randomModel();
    edit(weights);
    await writeSafetensors(file, weights, { fcn: JSON.stringify(config) });
  };
  it.each<[string, () => Promise<void>, string]>([
    [
      'a missing tensor',
      change((weights) => weights.delete('conv4_2.bias')),
      'got no tensor conv4_2.bias, expected float32 [8] for fcn8s of width 0.015625 with 21 classes',
    ],
    [
      'another shape',
      change((weights) => weights.set('fc7.weight', allocate('float32', [64, 64]))),
      'got fc7.weight float32 [64, 64], expected float32 [64, 64, 1, 1] for fcn8s',
    ],
    [
      'another type',
      change((weights) => weights.set('fc7.bias', allocate('int32', [64]))),
      'got "fc7.bias" int32 [64], expected float32',
    ],
    [
      'tensors that have no place',
      change((weights) =>
        weights.set('upscore.weight', allocate('float32', [1])).set('x', allocate('float32', [])),
      ),
      'got 2 tensors that are not parameters of fcn8s of width 0.015625 with 21 classes, the first "upscore.weight"',
    ],
  ])('with %s is refused', async (_, write, message) => {
    await write();
    await expect(loadModel(file)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining(`weights ${file}: ${message}`),
    });
  });

  it.each<[string, string, RegExp]>([
    ['no JSON', '{"model":', /metadata key fcn: not JSON/],
    [
      'an unknown model',
      JSON.stringify({ ...randomModel().config, model: 'unet' }),
      /key fcn: model: .*fcn32s/,
    ],
    ['a text for a number', JSON.stringify({ ...randomModel().config, width: '1' }), /fcn: width: .*number/],
    [
      'too few names',
      JSON.stringify({ ...randomModel().config, classes: ['a'] }),
      /got 1 class names, expected .* 21/,
    ],
    ['nothing', 'null', /key fcn: got null, expected an object/],
    ...(
      [
        ['no heads', [], /got the heads '', expected different names, and the file's classes in the first/],
        ['heads without its classes', [{ name: 'other', classes: ['a'] }], /got the heads 'other', expected/],
        ['two heads of one name', [1, 2].map(() => ({ name: 'both', classes: vocClasses })), /'both, both'/],
        ['a head called otherwise', [{ name: 'A/B', classes: vocClasses }], /heads.0.name: .*lower-case/],
        ['a head without classes', [{ name: 'none', classes: [] }], /heads.0.classes: .*1 to 255 classes/],
      ] as const
    ).map(([what, heads, message]): [string, string, RegExp] => [
      what,
      JSON.stringify({ ...randomModel().config, heads }),
      message,
    ]),
  ])('with %s as its metadata is refused', async (_, fcn, message) => {
    await writeSafetensors(file, randomModel().weights, { fcn });
    await expect(loadModel(file)).rejects.toThrow(message);
  });
});

describe('a weights file of another tool', () => {
  it('is read when it holds a whole network', async () => {
    const weights = await fixtureWeights('fcn8s');
    const caffemodel = path.join(path.dirname(file), 'net.caffemodel');
    await writeFile(caffemodel, encodeCaffe(layersOf(weights), 'v2'));
    const model = await loadModel(caffemodel);
    expect(model.config).toMatchObject({ model: 'fcn8s', numClasses: 5, input: inputPresets.caffe });
    expect(Object.fromEntries(model.weights)).toEqual(Object.fromEntries(weights));
  });

  it('is refused when it is a backbone', async () => {
    const classifier = path.join(import.meta.dirname, '..', 'fixtures', 'classifier.safetensors');
    await expect(loadModel(classifier)).rejects.toThrow(
      /no tensor score_fr.weight, only VGG-16 without scores, expected a whole FCN; train one with fcn train --init/,
    );
  });
});

describe('a weights file without metadata', () => {
  const writeFixture = async (model: ModelName) => writeSafetensors(file, await fixtureWeights(model));

  it.each<ModelName>(['fcn32s', 'fcn16s', 'fcn8s'])('is understood: %s', async (model) => {
    await writeFixture(model);
    const { config, weights } = await loadModel(file);
    expect(config).toMatchObject({ model, numClasses: 5, deconvolution: 'learned' });
    expect(config.classes).toEqual(['class 0', 'class 1', 'class 2', 'class 3', 'class 4']);
    expect(config.input).toEqual(inputPresets.caffe);
    expect(Object.fromEntries(weights)).toEqual(Object.fromEntries(await fixtureWeights(model)));
  });

  it('is what the caller says where layers cannot tell', async () => {
    await writeFixture('fcn8s-atonce');
    expect((await loadModel(file)).config.model).toBe('fcn8s');
    const { config } = await loadModel(file, { model: 'fcn8s-atonce', input: 'torchvision' });
    expect(config).toMatchObject({ model: 'fcn8s-atonce', input: inputPresets.torchvision });
    await expect(loadModel(file, { model: 'fcn32s' })).rejects.toThrow(/got no tensor upscore.weight/);
  });

  it.each([1, 0.5, 0.25, 1 / 32, 0.1, 0.003, 2, 3 / 7])(
    'of width %d tells a width of the same layers',
    (width) => {
      // Only the shapes matter: no values, as a full-width network would take half a gigabyte.
      const layers = {
        conv1_1: 64,
        conv2_1: 128,
        conv3_1: 256,
        conv4_1: 512,
        conv5_1: 512,
        fc6: 4096,
        fc7: 4096,
      };
      const tensors = new Map<string, Tensor>();
      const put = (layer: string, channels: number) =>
        tensors.set(`${layer}.weight`, { dtype: 'float32', shape: [channels], data: new Float32Array() });
      for (const [layer, channels] of Object.entries(layers)) {
        const [stage] = layer.split('_');
        const copies = layer.startsWith('fc') ? [layer] : [1, 2, 3].map((i) => `${stage}_${i}`);
        for (const copy of copies) put(copy, Math.max(1, Math.round(channels * width)));
      }
      put('score_fr', 21);
      const config = inferConfig(tensors, 'test');
      expect(config.classes).toEqual(vocClasses);
      for (const channels of Object.values(layers)) {
        expect(Math.max(1, Math.round(channels * config.width))).toBe(
          Math.max(1, Math.round(channels * width)),
        );
      }
      if (width >= 1 / 32) expect(config.width).toBe(width);
    },
  );

  it('tells fixed deconvolutions by their values', async () => {
    const { weights } = randomModel({ model: 'fcn16s' });
    const deconvolution = async () => {
      await writeSafetensors(file, weights);
      return (await loadModel(file)).config.deconvolution;
    };
    expect(await deconvolution()).toBe('fixed');
    weights.get('upscore2.weight')!.data[3]! += 0.001;
    expect(await deconvolution()).toBe('final-fixed');
    weights.get('upscore16.weight')!.data[3]! += 0.001;
    expect(await deconvolution()).toBe('learned');
  });

  it('is refused when it does not tell', async () => {
    const without = async (name: string) => {
      const weights: Model['weights'] = await fixtureWeights('fcn8s');
      weights.delete(name);
      await writeSafetensors(file, weights);
    };
    await without('score_fr.weight');
    await expect(loadModel(file)).rejects.toThrow(/no metadata and no tensor score_fr.weight/);
    await without('conv3_2.weight');
    await expect(loadModel(file)).rejects.toThrow(/no metadata and no tensor conv3_2.weight/);
    await without('upscore8.weight');
    await expect(loadModel(file)).rejects.toThrow(
      /got no tensor upscore8.weight, expected float32 \[5, 5, 16, 16\]/,
    );
    const weights: Model['weights'] = await fixtureWeights('fcn8s');
    weights.set('conv4_1.weight', allocate('float32', [40, 6, 3, 3]));
    await writeSafetensors(file, weights);
    await expect(loadModel(file)).rejects.toThrow(/got 40 channels in conv4_1.weight, expected 512 scaled/);
    await writeFile(file, 'PK');
    await expect(loadModel(file)).rejects.toThrow(/ends at offset 2/);
  });
});
