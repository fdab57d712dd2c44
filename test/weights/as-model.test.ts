import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { FcnError } from '../../src/base/errors.ts';
import { random } from '../../src/base/rng.ts';
import { allocate, type Tensor, tensorOf } from '../../src/base/tensor.ts';
import { inputPresets } from '../../src/data/input-config.ts';
import { encodeModel } from '../../src/engine/graph/encode.ts';
import { Graph } from '../../src/engine/graph/graph.ts';
import { convolution } from '../../src/engine/operators/convolution.ts';
import { maxPooling } from '../../src/engine/operators/max-pooling.ts';
import { relu } from '../../src/engine/operators/relu.ts';
import { initializeParameter } from '../../src/engine/parameters/initialize.ts';
import { nativeRuntime } from '../../src/engine/runtimes/native/native-runtime.ts';
import type { BackboneLayers } from '../../src/networks/backbones/layers.ts';
import { vgg16, vgg19 } from '../../src/networks/backbones/vgg.ts';
import { type ModelName, modelNames, partsOf } from '../../src/networks/model-names.ts';
import { parametersOf } from '../../src/networks/parameters.ts';
import { type Adapted, asModel, type Backbone } from '../../src/weights/as-model.ts';
import { readCaffe } from '../../src/weights/caffe/read-caffe.ts';
import { formatFates } from '../../src/weights/fates.ts';
import type { Model } from '../../src/weights/model.ts';
import type { WeightSource } from '../../src/weights/source.ts';
import { transplant } from '../../src/weights/transplant.ts';
import { temporaryFolder } from '../data/helpers.ts';
import { readFixture, relativeDifference } from '../fixtures.ts';
import {
  type CaffeVersion,
  encodeCaffe,
  layersOf,
  type WrittenBlob,
  type WrittenLayer,
} from './caffe-writer.ts';
import { fixtureWeights, randomModel } from './models.ts';

type Tensors = Map<string, Tensor<'float32'>>;

const sourceOf = (tensors: Tensors, origin: WeightSource['origin'] = 'pytorch'): WeightSource => ({
  file: 'some.file',
  origin,
  tensors,
});

const small = (...shape: number[]) => allocate('float32', shape);

/** What a Caffe file of these layers is taken for. */
async function fromCaffe(layers: WrittenLayer[], version: CaffeVersion): Promise<Adapted> {
  const file = path.join(await temporaryFolder(), 'net.caffemodel');
  await writeFile(file, encodeCaffe(layers, version));
  return asModel({ file, origin: 'caffe', tensors: await readCaffe(file) });
}

/** torchvision's thin VGG-16 or 19, and what PyTorch computes with it; see peer/fixture_classifier.py. */
async function readClassifier(fixture: 'classifier' | 'vgg19_classifier' = 'classifier') {
  const { tensors } = await readFixture(fixture);
  const weights = new Map([...tensors].filter(([name]) => name.includes('.'))) as Tensors;
  return { weights, image: tensors.get('image')!, fc7: tensors.get('fc7')! };
}

const caffeNames: Readonly<Record<string, string>> = {
  ...{ 'features.0': 'conv1_1', 'features.2': 'conv1_2', 'features.5': 'conv2_1', 'features.7': 'conv2_2' },
  ...{ 'features.10': 'conv3_1', 'features.12': 'conv3_2', 'features.14': 'conv3_3' },
  ...{ 'features.17': 'conv4_1', 'features.19': 'conv4_2', 'features.21': 'conv4_3' },
  ...{ 'features.24': 'conv5_1', 'features.26': 'conv5_2', 'features.28': 'conv5_3' },
  ...{ 'classifier.0': 'fc6', 'classifier.3': 'fc7', 'classifier.6': 'fc8' },
};

/** The names of VGG_ILSVRC_19_layers. */
const caffeNamesOfVgg19: Readonly<Record<string, string>> = {
  ...{ 'features.0': 'conv1_1', 'features.2': 'conv1_2', 'features.5': 'conv2_1', 'features.7': 'conv2_2' },
  ...{
    'features.10': 'conv3_1',
    'features.12': 'conv3_2',
    'features.14': 'conv3_3',
    'features.16': 'conv3_4',
  },
  ...{
    'features.19': 'conv4_1',
    'features.21': 'conv4_2',
    'features.23': 'conv4_3',
    'features.25': 'conv4_4',
  },
  ...{
    'features.28': 'conv5_1',
    'features.30': 'conv5_2',
    'features.32': 'conv5_3',
    'features.34': 'conv5_4',
  },
  ...{ 'classifier.0': 'fc6', 'classifier.3': 'fc7', 'classifier.6': 'fc8' },
};

/** The features of fc7, of an image [1, 3, 224, 224], by convolutions with the classifier's own padding. */
async function featuresOf(
  { layers }: BackboneLayers,
  weights: Tensors,
  image: Tensor<'float32'>,
): Promise<Tensor> {
  const graph = new Graph();
  let x = graph.input('image', 'float32', image.shape);
  for (const layer of layers) {
    if (layer.kind === 'pooling') x = maxPooling(graph, x);
    if (layer.kind !== 'convolution') continue;
    const [w, b] = ['weight', 'bias'].map((end) => {
      const name = `${layer.name}.${end}`;
      return graph.input(name, 'float32', weights.get(name)!.shape);
    });
    x = relu(graph, convolution(graph, x, w!, b!, { pad: layer.name === 'conv1_1' ? 1 : layer.pad }));
  }
  const features = allocate('float32', [1, 64, 1, 1]);
  graph.output('fc7', x, 'float32', features.shape);
  const session = await nativeRuntime.createSession(encodeModel(graph, 'test'), { threads: 1 });
  await session.run({ image, ...Object.fromEntries(weights) }, { fc7: features });
  await session.release();
  return features;
}

/** (pixel / 255 * scale - mean) / std, in the order of the file's channels: RGB. */
function preprocess(pixels: Tensor, { scale, mean, std }: Backbone['input']): Tensor<'float32'> {
  const image = allocate('float32', [1, 3, 224, 224]);
  const plane = 224 * 224;
  for (let i = 0; i < image.data.length; i++) {
    const c = Math.floor(i / plane);
    image.data[i] = ((Number(pixels.data[i]) / 255) * scale - mean[c]!) / std[c]!;
  }
  return image;
}

describe('asModel of a classifier', () => {
  it("computes the features that PyTorch computes with torchvision's VGG-16", async () => {
    const { weights, image, fc7 } = await readClassifier();
    const backbone = asModel(sourceOf(weights)) as Backbone;
    expect(backbone.input).toEqual(inputPresets.torchvision);
    expect(backbone.width).toBe(1 / 64);
    const features = await featuresOf(vgg16, backbone.weights, preprocess(image, backbone.input));
    expect(relativeDifference(features, fc7)).toBeLessThan(1e-5);
    // The same memory in another shape.
    expect(backbone.weights.get('fc6.weight')!.data).toBe(weights.get('classifier.0.weight')!.data);
    expect(backbone.weights.get('fc6.weight')!.shape).toEqual([64, 8, 7, 7]);
    expect(backbone.weights.get('fc7.weight')!.shape).toEqual([64, 64, 1, 1]);
  });

  it("takes Caffe's VGG_ILSVRC_16_layers for the same network, with Caffe's preprocessing", async () => {
    const { weights } = await readClassifier();
    const backbone = asModel(sourceOf(weights)) as Backbone;
    const layers = layersOf(weights, (layer) => caffeNames[layer]!);
    expect(layers.filter(({ type }) => type === 'InnerProduct')).toHaveLength(3);
    for (const version of ['v1', 'v2'] as const) {
      const read = (await fromCaffe(layers, version)) as Backbone;
      expect(read.input).toEqual(inputPresets.caffe);
      expect(read.weights).toEqual(backbone.weights);
    }
  });

  it("computes with torchvision's VGG-19 what PyTorch computes, and starts FCN-8s with all of it", async () => {
    const { weights, image, fc7 } = await readClassifier('vgg19_classifier');
    const read = asModel(sourceOf(weights)) as Backbone & Adapted;
    expect(read).toMatchObject({ backbone: 'vgg19', width: 1 / 64, input: inputPresets.torchvision });
    const features = await featuresOf(vgg19, read.weights, preprocess(image, read.input));
    expect(relativeDifference(features, fc7)).toBeLessThan(1e-5);
    const target = { model: 'fcn8s-vgg19', numClasses: 3, width: 1 / 64, deconvolution: 'learned' } as const;
    expect(formatFates(transplant(read, target, 0).fates)).toBe(
      'copied 34: conv1_1 ... conv5_4, fc6, fc7\n' +
        "reshaped 2: fc6, fc7 (the classifier's matrix as a convolution)\n" +
        'initialized 9: score_fr ... upscore8 (not in the file)\n' +
        "dropped 2: classifier.6 (the classifier's own classes)",
    );
    // VGG_ILSVRC_19_layers is the same network.
    const inCaffe = (await fromCaffe(
      layersOf(weights, (layer) => caffeNamesOfVgg19[layer]!),
      'v2',
    )) as Backbone;
    expect(inCaffe).toMatchObject({ backbone: 'vgg19', input: inputPresets.caffe });
    expect(inCaffe.weights).toEqual(read.weights);
  });

  it('starts an FCN, telling what became of every tensor', async () => {
    const { weights } = await readClassifier();
    const { classes, input, ...target } = randomModel({ model: 'fcn32s' }).config;
    const { fates, weights: started } = transplant(asModel(sourceOf(weights)), target, 1);
    expect(formatFates(fates)).toBe(
      'copied 28: conv1_1 ... conv5_3, fc6, fc7\n' +
        "reshaped 2: fc6, fc7 (the classifier's matrix as a convolution)\n" +
        'initialized 3: score_fr, upscore (not in the file)\n' +
        "dropped 2: classifier.6 (the classifier's own classes)",
    );
    expect(started.get('conv1_1.weight')).toBe(weights.get('features.0.weight'));
    const wide = { ...target, width: 1 / 32 };
    expect(() => transplant(asModel(sourceOf(weights)), wide, 1)).toThrow(
      /got width 0.015625 \(conv1_1.weight of shape \[1, 3, 3, 3\]\), expected width 0.03125/,
    );
  });

  it('takes AlexNet of Caffe, whose fc6 sees a map of 6x6', async () => {
    const { weights } = randomModel({ model: 'fcn32s-alexnet', width: 1 / 16 });
    const layers = layersOf(new Map([...weights].filter(([name]) => !name.includes('score'))));
    const matrices = layers.map((layer) => {
      if (!layer.name.startsWith('fc')) return layer;
      const [weight, bias] = layer.blobs as [WrittenBlob, WrittenBlob];
      const shape = [weight.shape[0]!, weight.data.length / weight.shape[0]!];
      return { ...layer, type: 'InnerProduct', blobs: [{ ...weight, shape }, bias] };
    });
    const fc8: WrittenLayer = { name: 'fc8', type: 'InnerProduct', blobs: [{ shape: [1, 1], data: [1] }] };
    const [conv1, ...others] = matrices as [WrittenLayer, ...WrittenLayer[]];
    const pool1: WrittenLayer = { name: 'pool1', type: 'Pooling' };
    const norm1: WrittenLayer = { name: 'norm1', type: 'LRN' };
    for (const version of ['v1', 'v2'] as const) {
      // bvlc_alexnet, whose parameters are the same.
      await expect(fromCaffe([conv1, norm1, pool1, ...others, fc8], version)).rejects.toThrow(
        /: got a network that normalizes \("norm1"\) before it pools, such as bvlc_alexnet, expected CaffeNet/,
      );
      const read = (await fromCaffe([conv1, pool1, norm1, ...others, fc8], version)) as Backbone & Adapted;
      expect(read).toMatchObject({ backbone: 'alexnet', input: inputPresets.caffe });
      expect(read.weights).toEqual(new Map([...weights].filter(([name]) => !name.includes('score'))));
      expect(formatFates(read.changes)).toBe(
        "dropped 1: fc8 (the classifier's own classes)\n" +
          "reshaped 2: fc6, fc7 (the classifier's matrix as a convolution)",
      );
    }
  });

  it('takes only the convolutions too, and other preprocessing if told', async () => {
    const { weights } = await readClassifier();
    const features = new Map([...weights].filter(([name]) => name.startsWith('features')));
    const backbone = asModel(sourceOf(features), { input: 'caffe' }) as Backbone;
    expect(backbone.input).toEqual(inputPresets.caffe);
    expect(backbone.weights.size).toBe(26);
  });

  it.each([
    ['alexnet', small(96, 3, 11, 11)],
    ['squeezenet', small(96, 3, 7, 7)],
    ['mobilenetv2', small(32, 3, 3, 3)],
  ] as const)('knows %s by the kernel of conv1 where the file has no other layer', (backbone, weight) => {
    const tensors = new Map([
      ['conv1.weight', weight],
      ['conv1.bias', small(weight.shape[0]!)],
    ]);
    expect(asModel(sourceOf(tensors))).toMatchObject({ backbone, width: 1, weights: tensors, changes: [] });
  });

  const features = (...indices: number[]) =>
    new Map(indices.map((i) => [`features.${i}.weight`, small(1, 1, 3, 3)] as const));
  it.each<[string, Tensors, RegExp]>([
    [
      'vgg16_bn',
      new Map([...features(0, 3), ['features.1.running_mean', small(1)]]),
      /batch normalization .*vgg16_bn/,
    ],
    ['vgg13', features(0, 2, 5, 7, 10, 12, 15), /VGG-16 does not have \("features.15.weight"\).* 11 or 13/],
    ['vgg11', features(0, 3, 6), /VGG-16 does not have \("features.3.weight"\)/],
    ['whole vgg11', features(0, 3, 6, 8, 11, 13, 16, 18), /does not have \("features.3.weight"\).* 11 or 13/],
    [
      'a VGG of 22 layers',
      new Map([['conv3_5.weight', small(1, 1, 3, 3)]]),
      /VGG-16 does not have \("conv3_5.weight"\)/,
    ],
    [
      'AlexNet of another kernel',
      new Map([
        ['conv1.weight', small(96, 3, 7, 7)],
        ['conv2.bias', small(256)],
      ]),
      /got conv1.weight \[96, 3, 7, 7\], expected \[96, 3, 11, 11\] for AlexNet of width 1/,
    ],
    [
      'AlexNet of odd widths',
      new Map([['conv1.weight', small(1, 3, 11, 11)]]),
      /some.file: got 1 channel of conv1 by width \S+, expected a multiple of 2, the groups of conv2/,
    ],
    [
      "torchvision's AlexNet",
      new Map([['features.0.weight', small(64, 3, 11, 11)]]),
      /got torchvision's AlexNet/,
    ],
    [
      "torchvision's MobileNetV2",
      new Map([
        ['features.0.0.weight', small(32, 3, 3, 3)],
        ['features.0.1.running_mean', small(32)],
        ['features.1.conv.0.0.weight', small(32, 1, 3, 3)],
      ]),
      /got torchvision's MobileNetV2 .* batch normalization and pads symmetrically/,
    ],
    [
      'MobileNetV1',
      new Map([['MobilenetV1/MobilenetV1/Conv2d_0.weight', small(8, 3, 3, 3)]]),
      /got MobileNetV1 or V3 .* choose mobilenet_v2/,
    ],
    [
      'DeepLab on a ResNet',
      new Map([
        ['conv1.weight', small(1)],
        ['layer1.0.conv1.weight', small(1)],
        ['classifier.0.convs.0.0.weight', small(1)],
      ]),
      /some.file: got torchvision's DeepLab \("classifier.0.convs.0.0.weight"\), expected VGG-16, VGG-19,/,
    ],
    ['ResNet-18', new Map([['layer1.0.conv1.weight', small(2, 2, 3, 3)]]), /got ResNet-18 or 34/],
    [
      'nothing of ours',
      new Map([['a.weight', small(1)]]),
      /\(the first is "a.weight"\), expected a part of VGG-16/,
    ],
    [
      'nothing at all',
      new Map(),
      /got no metadata and no tensor score_fr.weight or conv1_1.weight, expected/,
    ],
    [
      'a classifier of 227x227',
      new Map([
        ['features.0.weight', small(64, 3, 3, 3)],
        ['classifier.0.weight', small(1, 256 * 6 * 6)],
      ]),
      /got fc6.weight \[1, 9216\], expected channels times 7x7 inputs/,
    ],
    [
      'another kernel',
      new Map([['conv1_1.weight', small(64, 3, 5, 5)]]),
      /got conv1_1.weight \[64, 3, 5, 5\], expected \[64, 3, 3, 3\]/,
    ],
    [
      'a name twice',
      new Map([...features(0), ['conv1_1.weight', small(1)]]),
      /got conv1_1.weight under two names/,
    ],
  ])('refuses %s', (_, tensors, message) => {
    expect(() => asModel(sourceOf(tensors))).toThrow(message);
  });
});

describe('asModel of an FCN', () => {
  const inCaffe = modelNames.filter((model) => ['vgg16', 'alexnet'].includes(partsOf(model).backbone));
  it.each(inCaffe)('takes the reference %s in Caffe for ours', async (model) => {
    const random = randomModel({ model, numClasses: 5, width: 1 / 16 });
    const tensors = model === 'fcn32s-alexnet' ? random.weights : await fixtureWeights(model);
    const layers = layersOf(tensors);
    if (model === 'fcn8s-atonce') {
      const scale = (name: string, channels: number, value: number): WrittenLayer => ({
        name,
        type: 'Scale',
        blobs: [{ shape: [channels], data: Array(channels).fill(value) }],
      });
      layers.push(scale('scale_pool4', 12, 0.01), scale('scale_pool3', 6, 0.0001));
    }
    const { config, weights } = (await fromCaffe(layers, 'v2')) as Model;
    expect(config).toMatchObject({ model, numClasses: 5, input: inputPresets.caffe });
    expect(weights).toEqual(new Map([...weights.keys()].map((name) => [name, tensors.get(name)])));
  });

  it.each<[ModelName, Record<string, string>]>([
    ['fcn32s', { score_fr: 'score-fr', upscore: 'upsample' }],
    [
      'fcn16s',
      { score_fr: 'score-fr', upscore2: 'score2', score_pool4: 'score-pool4', upscore16: 'bigscore' },
    ],
    [
      'fcn8s',
      {
        ...{ score_fr: 'score-fr', upscore2: 'score2', score_pool4: 'score-pool4' },
        ...{ upscore_pool4: 'score4', score_pool3: 'score-pool3', upscore8: 'bigscore' },
      },
    ],
  ])('knows the names that %s had in 2014', async (model, oldNames) => {
    const tensors = await fixtureWeights(model);
    const layers = layersOf(tensors).map((layer) => ({ ...layer, name: oldNames[layer.name] ?? layer.name }));
    const adapted = (await fromCaffe(layers, 'v1')) as Model;
    expect(adapted.config.model).toBe(model);
    expect(adapted.weights).toEqual(tensors);
  });

  it('reads both heads of the networks for SIFT Flow, with their mean', async () => {
    const tensors = await fixtureWeights('fcn8s');
    const layers = layersOf(tensors).flatMap((layer) => {
      if (!layer.name.includes('score')) return [layer];
      return ['sem', 'geo'].map((task) => ({ ...layer, name: `${layer.name}_${task}` }));
    });
    const { config, weights, changes } = (await fromCaffe(layers, 'v2')) as Model & Adapted;
    const ofScores = [...tensors].filter(([name]) => name.includes('score'));
    const geometric = ofScores.map(([name, tensor]) => [name.replace('.', '_geometric.'), tensor] as const);
    expect(Object.fromEntries(weights)).toEqual(Object.fromEntries([...tensors, ...geometric]));
    expect(config.input.mean).toEqual([114.578, 115.294, 108.353]);
    expect(config.heads!.map(({ name, classes }) => [name, classes.length])).toEqual([
      ['semantic', 5],
      ['geometric', 5],
    ]);
    expect(changes).toEqual([]);
  });

  it('knows the classes of SIFT Flow by their numbers', async () => {
    const heads = [
      { name: 'semantic', classes: Array.from({ length: 33 }, (_, i) => `${i}`) },
      { name: 'geometric', classes: ['a', 'b', 'c'] },
    ];
    const architecture = {
      model: 'fcn16s',
      numClasses: 33,
      width: 1 / 64,
      deconvolution: 'fixed',
      heads,
    } as const;
    const tensors = new Map(
      parametersOf(architecture).map((each) => [each.name, initializeParameter(each, 1)]),
    );
    const layers = layersOf(tensors).map((layer) => {
      const inCaffe = layer.name.replace(/_geometric$/, '_geo');
      const isSemantic = /score/.test(layer.name) && inCaffe === layer.name;
      return { ...layer, name: isSemantic ? `${layer.name}_sem` : inCaffe };
    });
    const { config, weights } = (await fromCaffe(layers, 'v2')) as Model;
    expect(weights).toEqual(tensors);
    expect(config).toMatchObject({ model: 'fcn16s', numClasses: 33, deconvolution: 'fixed' });
    expect(config.classes[27]).toBe('sky');
    expect(config.heads!.map(({ name, classes }) => `${name} ${classes.at(-1)}`)).toEqual([
      'semantic window',
      'geometric vertical',
    ]);
  });

  it('drops deconvolution biases of zero, and refuses others', async () => {
    const tensors = await fixtureWeights('fcn32s');
    const withBias = (value: number) =>
      sourceOf(new Map([...tensors, ['upscore.bias', tensorOf('float32', [5], Array(5).fill(value))]]));
    expect((asModel(withBias(0)) as Model).weights).toEqual(tensors);
    expect(() => asModel(withBias(1))).toThrow(/1 tensor that is no parameter of fcn32s.*"upscore.bias"/);
  });

  it('moves scales that are not those of the network into the scores', async () => {
    const tensors = await fixtureWeights('fcn8s-atonce');
    const scales = Float32Array.from({ length: 12 }, (_, i) => (i + 1) / 100);
    const scale: Tensor<'float32'> = { dtype: 'float32', shape: [12], data: scales };
    const source = sourceOf(new Map([...tensors, ['scale_pool4.weight', scale]]));
    for (const [model, factor] of [
      ['fcn8s-atonce', 0.01],
      ['fcn8s', 1],
    ] as const) {
      const adapted = asModel(source, { model }) as Model & Adapted;
      expect(adapted.config.model).toBe(model);
      const score = tensors.get('score_pool4.weight')!.data;
      adapted.weights.get('score_pool4.weight')!.data.forEach((value, i) => {
        expect(value / ((score[i]! * scales[i % 12]!) / factor)).toBeCloseTo(1, 5);
      });
      expect(adapted.weights.get('score_pool4.bias')).toBe(tensors.get('score_pool4.bias'));
      expect(formatFates(adapted.changes)).toContain('rescaled 1: score_pool4 (by scale_pool4');
    }
    expect(() => asModel(sourceOf(new Map([...tensors, ['scale_pool4.weight', small(11)]])))).toThrow(
      /got scale_pool4.weight \[11\], expected \[12\]/,
    );
  });

  it('keeps the configuration that a file brings', () => {
    const { config, weights } = randomModel({ model: 'fcn8s-atonce' });
    const adapted = asModel(
      { file: 'some.file', origin: 'fcn', tensors: weights, config },
      { model: 'fcn8s' },
    );
    expect(adapted).toEqual({ config, weights, changes: [], assumed: [] });
  });

  const vggWeights = async () => [
    ...(await readClassifier()).weights,
    ...(await fixtureWeights('fcn8s-atonce')),
  ];
  const thinWeights = (model: ModelName) => async () => [...randomModel({ model, width: 1 / 16 }).weights];
  it.each<[string, () => Promise<[string, Tensor<'float32'>][]>, number]>([
    ['VGG-16', vggWeights, 32],
    ['AlexNet', thinWeights('fcn32s-alexnet'), 14],
    ['SqueezeNet', thinWeights('fcn8s-squeezenet'), 50],
    ['MobileNetV2', thinWeights('fcn8s-mobilenetv2'), 104],
  ])(
    'takes or refuses any mixture of names and shapes of %s, and nothing else',
    async (_, read, classifier) => {
      const known = await read();
      const extra = [
        ...['scale_pool4.weight', 'scale_pool3.weight', 'bigscore.weight', 'fc8.bias', 'conv10.weight'],
        ...['MobilenetV2/Conv.weight', 'features.0.weight', '', '.', 'weight'],
      ];
      const stream = random('mixtures');
      const draw = <T>(values: readonly T[]) => values[stream.integer(values.length)]!;
      let refused = 0;
      for (let round = 0; round < 150; round++) {
        const tensors: Tensors = new Map(stream.integer(2) ? known.slice(0, classifier) : known);
        for (let n = stream.integer(4); n > 0; n--) {
          const [name, tensor] = draw(known);
          const shapes = [[], [0], [2, 0, 7, 7], [1e9, 0], [...tensor.shape].reverse(), [tensor.data.length]];
          const shape = draw(shapes);
          const size = shape.reduce((product, dimension) => product * dimension, 1);
          const data = size === tensor.data.length ? tensor.data : new Float32Array(size);
          tensors.set(stream.integer(3) ? name : draw(extra), { dtype: 'float32', shape, data });
          if (stream.integer(3) === 0) tensors.delete(draw(known)[0]);
        }
        try {
          asModel(sourceOf(tensors));
        } catch (thrown) {
          if (!(thrown instanceof FcnError)) throw thrown;
          expect(thrown.message).toMatch(/^weights some.file: [^\p{Cc}]+$/u);
          refused += 1;
        }
      }
      expect(refused).toBeGreaterThan(50);
      expect(refused).toBeLessThan(150);
    },
  );
});
