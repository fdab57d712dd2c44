import { describe, expect, it } from 'vitest';
import { allocate } from '../../src/base/tensor.ts';
import { asModel, type Backbone } from '../../src/weights/as-model.ts';
import { unwrapNames } from '../../src/weights/names/wrappers.ts';
import type { Tensors } from '../../src/weights/source.ts';
import { transplant } from '../../src/weights/transplant.ts';

/** Channels of the 1x1, 3x3 (narrowed before), 5x5 (likewise) and pooled ways: models/bvlc_googlenet/train_val.prototxt of Caffe. */
const modules = {
  '3a': [64, 96, 128, 16, 32, 32],
  '3b': [128, 128, 192, 32, 96, 64],
  '4a': [192, 96, 208, 16, 48, 64],
  '4b': [160, 112, 224, 24, 64, 64],
  '4c': [128, 128, 256, 24, 64, 64],
  '4d': [112, 144, 288, 32, 64, 64],
  '4e': [256, 160, 320, 32, 128, 128],
  '5a': [256, 160, 320, 32, 128, 128],
  '5b': [384, 192, 384, 48, 128, 128],
} as const;

/** The tensors of bvlc_googlenet.caffemodel by the names that they have there, all zero. */
function published(): Tensors {
  const tensors: Tensors = new Map();
  const layer = (name: string, ...shape: number[]) => {
    tensors.set(`${name}.weight`, allocate('float32', shape));
    tensors.set(`${name}.bias`, allocate('float32', shape.slice(0, 1)));
  };
  layer('conv1/7x7_s2', 64, 3, 7, 7);
  layer('conv2/3x3_reduce', 64, 64, 1, 1);
  layer('conv2/3x3', 192, 64, 3, 3);
  let inputs = 192;
  for (const [number, [one, narrow3, three, narrow5, five, pooled]] of Object.entries(modules)) {
    const name = `inception_${number}`;
    layer(`${name}/1x1`, one, inputs, 1, 1);
    layer(`${name}/3x3_reduce`, narrow3, inputs, 1, 1);
    layer(`${name}/3x3`, three, narrow3, 3, 3);
    layer(`${name}/5x5_reduce`, narrow5, inputs, 1, 1);
    layer(`${name}/5x5`, five, narrow5, 5, 5);
    layer(`${name}/pool_proj`, pooled, inputs, 1, 1);
    inputs = one + three + five + pooled;
    if (number === '4a') layer('loss1/conv', 128, inputs, 1, 1);
    if (number === '4a') layer('loss1/fc', 1024, 2048);
    if (number === '4a') layer('loss1/classifier', 1000, 1024);
  }
  layer('loss3/classifier', 1000, 1024);
  return tensors;
}

describe('bvlc_googlenet', () => {
  const source = {
    file: 'f.caffemodel',
    origin: 'caffe',
    tensors: unwrapNames(published())!.tensors,
  } as const;

  it('is a backbone of full width, with the mean that Caffe subtracts for it', () => {
    const backbone = asModel(source) as Backbone;
    expect(backbone).toMatchObject({ backbone: 'googlenet', width: 1 });
    expect(backbone.input).toMatchObject({ channels: 'BGR', scale: 255, mean: [104, 117, 123] });
    expect(backbone.weights.size).toBe(2 * 57);
    expect([...backbone.classifier.keys()]).toEqual(['classifier.weight', 'classifier.bias']);
  });

  it('starts FCN-GoogLeNet with all its layers, and says what is left out', () => {
    const { fates } = transplant(
      asModel(source),
      { model: 'fcn32s-googlenet', numClasses: 21, width: 1, deconvolution: 'fixed' },
      0,
    );
    expect(fates.filter(({ fate }) => fate === 'copied')).toHaveLength(2 * 57);
    expect(fates.filter(({ fate }) => fate === 'initialized').map(({ name }) => name)).toEqual([
      ...['score_fr.weight', 'score_fr.bias', 'upscore.weight'],
    ]);
    expect(fates.filter(({ reason }) => reason.startsWith('a side classifier'))).toHaveLength(6);
  });

  it('of torchvision is another network, which is refused by name', () => {
    const tensors: Tensors = new Map([
      ['inception3a.branch1.conv.weight', allocate('float32', [64, 192, 1, 1])],
    ]);
    expect(() => asModel({ file: 'f.pth', origin: 'pytorch', tensors })).toThrow(
      "got torchvision's GoogLeNet",
    );
  });
});
