import { describe, expect, it } from 'vitest';
import { compileTrainingStep, stateNames } from '../../src/compile/training.ts';
import type { ModelName } from '../../src/config/model-names.ts';
import { parametersOf } from '../../src/models/parameters.ts';
import type { LossNormalization } from '../../src/ops/softmax-loss.ts';
import { nativeRuntime } from '../../src/runtime/native/native-runtime.ts';
import { allocate, type Tensor, tensorOf } from '../../src/tensor.ts';
import { readFixture, shareOfWay } from '../fixtures.ts';

interface Case {
  name: string;
  model: ModelName;
  loss: LossNormalization;
  learningRate: number;
  dropout: number;
  /** The image of each step. */
  images: number[];
}

const { tensors, metadata } = await readFixture('training');
const { width, numClasses, momentum, weightDecay, cases } = JSON.parse(metadata.training!) as {
  width: number;
  numClasses: number;
  momentum: number;
  weightDecay: number;
  cases: Case[];
};

/** 20 steps of SGD in PyTorch, in float64: momentum 0.99, weight decay, biases at twice the rate, label 255 present. */
describe('training follows PyTorch', () => {
  it.each(cases)('$name', async ({ name, model, loss: normalization, learningRate, dropout, images }) => {
    const architecture = { model, numClasses, width, deconvolution: 'learned' } as const;
    const initial = new Map(
      parametersOf(architecture).map((parameter) => [
        parameter.name,
        (tensors.get(`${name}/initial/${parameter.name}`) ?? tensors.get(`initial/${parameter.name}`))!,
      ]),
    );
    const inputs: Record<string, Tensor> = { learning_rate: tensorOf('float32', [1], [learningRate]) };
    const outputs: Record<string, Tensor> = {};
    for (const [key, { shape, data }] of initial) {
      const weight = tensorOf('float32', shape, data as Float32Array);
      const velocity = allocate('float32', [data.length]);
      inputs[key] = weight;
      inputs[stateNames.momentum(key)] = velocity;
      outputs[stateNames.next(key)] = { ...weight, shape: velocity.shape };
      outputs[stateNames.next(stateNames.momentum(key))] = velocity;
    }
    const graph = compileTrainingStep(architecture, {
      batchSize: 1,
      loss: normalization,
      dropout,
      momentum,
      weightDecay,
    });
    const session = await nativeRuntime.createSession(graph, { threads: 1 });

    const losses: number[] = [];
    for (const [step, index] of images.entries()) {
      const masks = ['fc6', 'fc7'].flatMap((layer) => {
        const mask = tensors.get(`${name}/masks/${step}/${layer}`);
        return mask ? [[layer.replace('fc', 'drop').concat('.mask'), mask] as const] : [];
      });
      const batch = { image: tensors.get(`images/${index}`)!, label: tensors.get(`labels/${index}`)! };
      const loss = allocate('float32', []);
      await session.run({ ...inputs, ...batch, ...Object.fromEntries(masks) }, { ...outputs, loss });
      losses.push(loss.data[0]!);
    }
    await session.release();

    const expected = tensors.get(`${name}/losses`)!.data as Float32Array;
    for (const [step, loss] of losses.entries()) {
      expect(Math.abs(loss / expected[step]! - 1), `loss of step ${step}`).toBeLessThan(1e-3);
    }
    for (const [key, start] of initial) {
      expect(shareOfWay(inputs[key]!, tensors.get(`${name}/final/${key}`)!, start), key).toBeLessThan(0.05);
    }
  });
});
