import { describe, expect, it } from 'vitest';
import { allocate, type Tensor, tensorOf } from '../../src/base/tensor.ts';
import { averagingRateAt } from '../../src/engine/optimizers/averaging.ts';
import { nativeRuntime } from '../../src/engine/runtimes/native/native-runtime.ts';
import { stateNames } from '../../src/engine/training/names.ts';
import { rowOf } from '../../src/engine/training/row.ts';
import { compileTrainingStep } from '../../src/networks/graphs/training.ts';
import { parametersOf } from '../../src/networks/parameters.ts';
import { readFixture, shareOfWay, type TrainingCase, type TrainingDescription } from '../fixtures.ts';

interface Case extends TrainingCase {
  frozen?: string[];
  headRate?: number;
  ema?: number;
}

const { tensors, metadata } = await readFixture('training');
const { width, numClasses, momentum, weightDecay, cases } = JSON.parse(
  metadata.training!,
) as TrainingDescription<Case>;

/**
 * 20 steps of SGD in PyTorch, in float64: momentum 0.99, weight decay, biases at twice the rate, label 255 present; and
 * once with class weights, frozen layers, a faster head and averaged weights.
 */
describe('training follows PyTorch', () => {
  it.each(cases)('$name', async ({ name, model, learningRate, images, ...settings }) => {
    const { ema = 0 } = settings;
    const architecture = { model, numClasses, width, deconvolution: 'learned' } as const;
    const initial = new Map(
      parametersOf(architecture).map((parameter) => [
        parameter.name,
        (tensors.get(`${name}/initial/${parameter.name}`) ?? tensors.get(`initial/${parameter.name}`))!,
      ]),
    );
    const inputs: Record<string, Tensor> = { learning_rate: tensorOf('float32', [1], [learningRate]) };
    const outputs: Record<string, Tensor> = {};
    const averages: Record<string, Tensor> = {};
    for (const [key, { shape, data }] of initial) {
      const weight = tensorOf('float32', shape, data as Float32Array);
      inputs[key] = weight;
      if (!tensors.has(`${name}/final/${key}`)) continue; // PyTorch has not learned it: neither may we
      const velocity = allocate('float32', rowOf(data.length));
      inputs[stateNames.of('momentum', key)] = velocity;
      outputs[stateNames.next(key)] = { ...weight, shape: velocity.shape };
      outputs[stateNames.next(stateNames.of('momentum', key))] = velocity;
      if (ema > 0) averages[key] = tensorOf('float32', rowOf(data.length), data as Float32Array);
    }
    for (const [key, average] of Object.entries(averages)) {
      inputs[stateNames.of('average', key)] = average;
      outputs[stateNames.next(stateNames.of('average', key))] = average;
    }
    const { model: graph } = compileTrainingStep(architecture, {
      batchSize: 1,
      momentum,
      weightDecay,
      ...settings,
    });
    const session = await nativeRuntime.createSession(graph, { threads: 1 });

    const losses: number[] = [];
    for (const [step, index] of images.entries()) {
      const masks = ['fc6', 'fc7'].flatMap((layer) => {
        const mask = tensors.get(`${name}/masks/${step}/${layer}`);
        return mask ? [[layer.replace('fc', 'drop').concat('.mask'), mask] as const] : [];
      });
      const batch = { image: tensors.get(`images/${index}`)!, label: tensors.get(`labels/${index}`)! };
      const averaging_rate = tensorOf('float32', [1], [averagingRateAt(ema, step)]);
      const given = { ...batch, ...Object.fromEntries(masks), ...(ema > 0 && { averaging_rate }) };
      const loss = allocate('float32', []);
      await session.run({ ...inputs, ...given }, { ...outputs, loss });
      losses.push(loss.data[0]!);
    }
    await session.release();

    const expected = tensors.get(`${name}/losses`)!.data as Float32Array;
    for (const [step, loss] of losses.entries()) {
      expect(Math.abs(loss / expected[step]! - 1), `loss of step ${step}`).toBeLessThan(1e-3);
    }
    for (const [key, start] of initial) {
      const final = tensors.get(`${name}/final/${key}`);
      if (final) expect(shareOfWay(inputs[key]!, final, start), key).toBeLessThan(0.05);
      else expect(inputs[key]!.data, key).toEqual(start.data);
    }
    expect(Object.keys(averages).length, 'averages').toBe(ema > 0 ? Object.keys(outputs).length / 3 : 0);
    for (const [key, average] of Object.entries(averages)) {
      const expected = tensors.get(`${name}/average/${key}`)!;
      expect(shareOfWay(average, expected, initial.get(key)!), `average of ${key}`).toBeLessThan(0.05);
    }
  });
});
