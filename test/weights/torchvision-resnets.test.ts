import { describe, expect, it } from 'vitest';
import { allocate, type Tensor } from '../../src/base/tensor.ts';
import { inputPresets } from '../../src/data/input-config.ts';
import type { ModelName } from '../../src/networks/model-names.ts';
import { asModel } from '../../src/weights/as-model.ts';
import type { Model } from '../../src/weights/model.ts';
import { unwrapNames } from '../../src/weights/names/wrappers.ts';
import { readWeights } from '../../src/weights/read-weights.ts';
import type { Tensors } from '../../src/weights/source.ts';
import { transplant } from '../../src/weights/transplant.ts';
import { writerFor } from '../../src/weights/writers.ts';
import { readFixture } from '../fixtures.ts';
import { temporaryFile } from './torch/files.ts';

const { tensors, metadata } = await readFixture('resnets');
/** From the names in the state dict of torchvision's fcn_resnet50 to ours, as PyTorch gave them. */
const ourNames = Object.entries(JSON.parse(metadata.torchvisionNames!) as Record<string, string>);

/** That state dict. */
const stateDict: Tensors = new Map(
  ourNames.map(([theirs, ours]) => [
    theirs,
    tensors.get(`fcn-resnet50/weights/${ours}`) as Tensor<'float32'>,
  ]),
);
const sourceOf = (all: Tensors) => {
  return { file: 'f.pth', origin: 'pytorch', tensors: unwrapNames(all)!.tensors } as const;
};
const without = (pattern: RegExp) => new Map([...stateDict].filter(([name]) => !pattern.test(name)));

/** The ResNet under it as a classifier of 5 classes. */
const classifier: Tensors = new Map([
  ...[...without(/classifier/)].map(([name, tensor]) => [name.replace('backbone.', ''), tensor] as const),
  ['fc.weight', allocate('float32', [5, 64])],
  ['fc.bias', allocate('float32', [5])],
]);

describe("torchvision's fcn_resnet50", () => {
  it('is a network of ours, auxiliary head and all', () => {
    const { config, weights, changes } = asModel(sourceOf(stateDict)) as Model & { changes: unknown };
    expect(config).toMatchObject({ model: 'fcn-resnet50', auxiliary: true, numClasses: 3, width: 1 / 32 });
    expect(config.input).toEqual(inputPresets.torchvision);
    expect(changes).toEqual([]);
    expect([...weights.keys()].sort()).toEqual(ourNames.map(([, ours]) => ours).sort());
    for (const [theirs, ours] of ourNames) expect(weights.get(ours)).toBe(stateDict.get(theirs));
  });

  it('may come without its auxiliary head', () => {
    const { config, weights } = asModel(sourceOf(without(/^aux_/))) as Model;
    expect(config.auxiliary).toBeUndefined();
    expect(weights.has('score_aux.weight')).toBe(false);
  });

  it('is written as PyTorch by its names there, and read again', async () => {
    const model = asModel(sourceOf(stateDict)) as Model;
    const file = temporaryFile('fcn.pth');
    await writerFor(file).model(file, { config: model.config, weights: model.weights });
    const { tensors: again, config } = await readWeights(file);
    expect(config).toEqual(model.config);
    expect(again).toEqual(model.weights);
  });

  it('starts a network for other classes, its running averages included', () => {
    const source = asModel(sourceOf(stateDict));
    const target = { model: 'fcn-resnet50', numClasses: 4, width: 1 / 32, deconvolution: 'fixed' } as const;
    const { weights, fates } = transplant(source, { ...target, auxiliary: true }, 0);
    const initialized = fates.filter(({ fate }) => fate === 'initialized').map(({ name }) => name);
    expect(initialized).toEqual(['score_fr.weight', 'score_fr.bias', 'score_aux.weight', 'score_aux.bias']);
    expect(weights.get('layer4.2.bn3.running_var')).toBe(stateDict.get('backbone.layer4.2.bn3.running_var'));
  });
});

describe('a ResNet-50 with its classes', () => {
  it.each<ModelName>(['fcn8s-resnet50', 'fcn-resnet50'])('starts %s', (model) => {
    const source = asModel(sourceOf(classifier));
    expect(source).toMatchObject({ backbone: 'resnet50', width: 1 / 32 });
    const { weights, fates } = transplant(
      source,
      { model, numClasses: 2, width: 1 / 32, deconvolution: 'learned' },
      0,
    );
    expect(fates.filter(({ fate }) => fate === 'copied')).toHaveLength(classifier.size - 2);
    expect(fates.filter(({ fate }) => fate === 'dropped').map(({ name }) => name)).toEqual([
      'fc.weight',
      'fc.bias',
    ]);
    expect(weights.get('layer1.0.downsample.1.running_mean')).toBe(
      classifier.get('layer1.0.downsample.1.running_mean'),
    );
  });
});

describe('other ResNets are refused by name', () => {
  const changed = (name: string, shape: number[]) =>
    new Map([...classifier, [name, allocate('float32', shape)]]);
  it.each<[string, Tensors]>([
    ['ResNet-18 or 34', changed('layer1.0.conv1.weight', [2, 2, 3, 3])],
    ['ResNet-152', changed('layer3.23.conv1.weight', [8, 32, 1, 1])],
    ['a ResNeXt', changed('layer1.0.conv2.weight', [4, 1, 3, 3])],
    ['a wide ResNet', changed('layer1.0.conv2.weight', [128, 128, 3, 3])],
    ['weights as torch.nn.utils.prune keeps them', changed('fc.weight_mask', [2, 2])],
    ['weights with a parametrization', changed('fc.weight_g', [2, 1])],
    ["torchvision's DeepLab", changed('classifier.0.convs.0.0.weight', [8, 64, 1, 1])],
  ])('%s', (got, weights) => {
    expect(() => asModel(sourceOf(weights))).toThrow(`got ${got}`);
  });
});
