import { describe, expect, it } from 'vitest';
import { allocate, type Tensor, tensorOf } from '../../src/base/tensor.ts';
import { nativeRuntime } from '../../src/engine/runtimes/native/native-runtime.ts';
import { stateNames } from '../../src/engine/training/names.ts';
import { rowOf } from '../../src/engine/training/row.ts';
import { compileInference } from '../../src/networks/graphs/inference.ts';
import { compileTrainingStep } from '../../src/networks/graphs/training.ts';
import type { Architecture } from '../../src/networks/network.ts';
import { maskShapes, parametersOf } from '../../src/networks/parameters.ts';
import {
  readFixture,
  relativeDifference,
  shareOfWay,
  type TrainingCase,
  type TrainingDescription,
} from '../fixtures.ts';

interface Case extends TrainingCase {
  channels?: number;
  streams?: [name: string, channels: number][];
  frozen?: string[];
}

const { tensors, metadata } = await readFixture('channels');
const { width, numClasses, momentum, weightDecay, cases } = JSON.parse(
  metadata.channels!,
) as TrainingDescription<Case>;

/** Networks for images of four channels, and of several streams, in PyTorch and float64; see peer/fixture_channels.py. */
describe.each(cases)('$name', ({ name, model, streams, learningRate, images, ...settings }) => {
  const architecture: Architecture = {
    ...{ model, numClasses, width, deconvolution: 'learned' as const },
    input: { channels: [0, 1, 2, 3] },
    ...(streams && { streams: streams.map(([stream, channels]) => ({ name: stream, channels })) }),
  };
  const initialOf = (parameter: string) => tensors.get(`${name}/initial/${parameter}`)!;

  it('has the parameters of PyTorch', () => {
    const theirs = [...tensors].flatMap(([key, { shape }]) => {
      const parameter = key.split(`${name}/initial/`)[1];
      return key.startsWith(`${name}/`) && parameter ? [[parameter, shape.join()]] : [];
    });
    const ours = parametersOf(architecture).map((parameter) => [parameter.name, parameter.shape.join()]);
    expect(ours.sort()).toEqual(theirs.sort());
  });

  it.each([0, 1])('gives the scores of PyTorch, image %i', async (index) => {
    const session = await nativeRuntime.createSession(compileInference(architecture), { threads: 1 });
    const expected = tensors.get(`${name}/logits/${index}`)!;
    const scores = allocate('float32', expected.shape);
    const weights = Object.fromEntries(
      parametersOf(architecture).map((one) => [one.name, initialOf(one.name)]),
    );
    await session.run({ ...weights, image: tensors.get(`images/${index}`)! }, { scores });
    await session.release();
    expect(relativeDifference(scores, expected)).toBeLessThan(1e-4);
  });

  it('takes 20 steps as PyTorch does', async () => {
    const inputs: Record<string, Tensor> = { learning_rate: tensorOf('float32', [1], [learningRate]) };
    const outputs: Record<string, Tensor> = {};
    for (const { name: parameter } of parametersOf(architecture)) {
      const { shape, data } = initialOf(parameter);
      const weight = tensorOf('float32', shape, data as Float32Array);
      inputs[parameter] = weight;
      if (!tensors.has(`${name}/final/${parameter}`)) continue; // PyTorch has not learned it: neither may we
      const velocity = allocate('float32', rowOf(weight.data.length));
      inputs[stateNames.of('momentum', parameter)] = velocity;
      outputs[stateNames.next(parameter)] = { ...weight, shape: velocity.shape };
      outputs[stateNames.next(stateNames.of('momentum', parameter))] = velocity;
    }
    const config = { batchSize: 1, momentum, weightDecay, ...settings };
    const session = await nativeRuntime.createSession(compileTrainingStep(architecture, config).model, {
      threads: 1,
    });
    const expected = tensors.get(`${name}/losses`)!.data as Float32Array;
    for (const [step, index] of images.entries()) {
      const image = tensors.get(`images/${index}`)!;
      const [, , height, columns] = image.shape as [number, number, number, number];
      const shapes =
        settings.dropout > 0 ? maskShapes(architecture, 1, height, columns) : new Map<string, number[]>();
      const masks = [...shapes].map(([mask, shape]) => {
        const found = tensors.get(
          `${name}/masks/${step}/${mask.replace('drop', 'fc').replace('.mask', '')}`,
        )!;
        expect(found.shape, mask).toEqual(shape);
        return [mask, found] as const;
      });
      const loss = allocate('float32', []);
      const batch = { image, label: tensors.get(`labels/${index}`)!, ...Object.fromEntries(masks) };
      await session.run({ ...inputs, ...batch }, { ...outputs, loss });
      expect(Math.abs(loss.data[0]! / expected[step]! - 1), `loss of step ${step}`).toBeLessThan(1e-3);
    }
    await session.release();
    for (const { name: parameter } of parametersOf(architecture)) {
      const final = tensors.get(`${name}/final/${parameter}`);
      const start = initialOf(parameter);
      if (final) expect(shareOfWay(inputs[parameter]!, final, start), parameter).toBeLessThan(0.05);
      else expect(inputs[parameter]!.data, parameter).toEqual(start.data);
    }
  });
});
