import { describe, expect, it } from 'vitest';
import { allocate, type Tensor, tensorOf } from '../../src/base/tensor.ts';
import { nativeRuntime } from '../../src/engine/runtimes/native/native-runtime.ts';
import { stateNames } from '../../src/engine/training/names.ts';
import { rowOf } from '../../src/engine/training/row.ts';
import { compileInference } from '../../src/networks/graphs/inference.ts';
import { compileTrainingStep } from '../../src/networks/graphs/training.ts';
import { type ModelName, partsOf } from '../../src/networks/model-names.ts';
import { parametersOf } from '../../src/networks/parameters.ts';
import { readFixture, relativeDifference } from '../fixtures.ts';

const { tensors, metadata } = await readFixture('backbones');
const networks = JSON.parse(metadata.networks!) as {
  name: string;
  model: ModelName;
  width: number;
  fusion: 'sum' | 'max' | 'finest';
  headWidth?: number;
}[];
const numClasses = Number(metadata.numClasses);
const indices = Array.from({ length: Number(metadata.images) }, (_, index) => index);

describe.each(networks)('$name', ({ name, model, width, fusion, headWidth }) => {
  const architecture = {
    ...{ model, numClasses, width, deconvolution: 'learned' as const },
    ...(fusion !== 'sum' && { fusion }),
    ...(headWidth !== undefined && { headWidth }),
  };
  const { backbone } = partsOf(model);
  /** The backbone is shared between its networks. */
  const weights = new Map(
    parametersOf(architecture).map(({ name: key, shape }) => {
      const tensor =
        tensors.get(`${name}/weights/${key}`) ??
        tensors.get(`${model}/weights/${key}`) ??
        tensors.get(`${backbone}/weights/${key}`);
      expect(tensor?.shape, key).toEqual(shape);
      return [key, tensor!];
    }),
  );

  it('has the parameters that PyTorch has', () => {
    const names = [...tensors.keys()].flatMap((key) => key.split(`${name}/gradients/`)[1] ?? []);
    expect([...weights.keys()].sort()).toEqual(names.sort());
  });

  it.each(indices)('gives the scores of PyTorch, image %i', async (index) => {
    const image = tensors.get(`images/${index}`)!;
    const expected = tensors.get(`${name}/logits/${index}`)!;
    const session = await nativeRuntime.createSession(
      compileInference(architecture, { batchSize: image.shape[0]! }),
      {
        threads: 1,
      },
    );
    const scores = allocate('float32', expected.shape);
    await session.run({ ...Object.fromEntries(weights), image }, { scores });
    await session.release();
    expect(relativeDifference(scores, expected)).toBeLessThan(1e-4);
  });

  // The momentum of a first step is the gradient.
  it('gives the gradients of PyTorch', async () => {
    const config = { batchSize: 1, loss: 'mean', dropout: 0, momentum: 0.9, weightDecay: 0 } as const;
    const session = await nativeRuntime.createSession(compileTrainingStep(architecture, config).model, {
      threads: 1,
    });
    const inputs: Record<string, Tensor> = { learning_rate: tensorOf('float32', [1], [0]) };
    const outputs: Record<string, Tensor> = { loss: allocate('float32', []) };
    for (const [key, weight] of weights) {
      const row = rowOf(weight.data.length);
      inputs[key] = weight;
      inputs[stateNames.of('momentum', key)] = allocate('float32', row);
      outputs[stateNames.next(key)] = allocate('float32', row);
      outputs[stateNames.next(stateNames.of('momentum', key))] = allocate('float32', row);
    }
    await session.run({ ...inputs, image: tensors.get('images/0')!, label: tensors.get('label')! }, outputs);
    await session.release();
    for (const key of weights.keys()) {
      const gradient = outputs[stateNames.next(stateNames.of('momentum', key))]!;
      expect(relativeDifference(gradient, tensors.get(`${name}/gradients/${key}`)!), key).toBeLessThan(1e-3);
    }
  });
});
