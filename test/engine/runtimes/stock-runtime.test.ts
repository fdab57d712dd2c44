import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { expect, it } from 'vitest';
import { random } from '../../../src/base/rng.ts';
import { allocate, type Tensor, tensorOf } from '../../../src/base/tensor.ts';
import { initializeParameter } from '../../../src/engine/parameters/initialize.ts';
import { nativeRuntime } from '../../../src/engine/runtimes/native/native-runtime.ts';
import { stateNames } from '../../../src/engine/training/names.ts';
import { rowOf } from '../../../src/engine/training/row.ts';
import { compileTrainingStep } from '../../../src/networks/graphs/training.ts';
import { parametersOf } from '../../../src/networks/parameters.ts';
import { relativeDifference } from '../../fixtures.ts';

/** The graphs are plain ONNX: the published binding of ONNX Runtime, which knows nothing of ours, trains with them. */
it('a training step in stock onnxruntime-node gives the same loss and weights', async () => {
  const architecture = { model: 'fcn8s', numClasses: 3, width: 1 / 32, deconvolution: 'learned' } as const;
  const { model: graph } = compileTrainingStep(architecture, {
    ...{ batchSize: 1, loss: 'mean', dropout: 0, momentum: 0.9, weightDecay: 5e-4 },
  });
  const stream = random(3, 'stock');
  const inputs: Record<string, Tensor> = {
    image: tensorOf(
      'float32',
      [1, 3, 20, 30],
      Array.from({ length: 1800 }, () => stream.normal()),
    ),
    label: tensorOf(
      'uint8',
      [1, 20, 30],
      Array.from({ length: 600 }, () => [0, 1, 2, 255][stream.integer(4)]!),
    ),
    learning_rate: tensorOf('float32', [1], [0.1]),
  };
  const outputs: Record<string, Tensor> = { loss: allocate('float32', []) };
  for (const parameter of parametersOf(architecture)) {
    const { name } = parameter;
    const weight = initializeParameter(parameter, 0);
    // Score layers start at zero; then no gradient would reach the layers before them.
    if (name.startsWith('score')) weight.data.set(weight.data.map(() => 0.1 * stream.normal()));
    inputs[name] = weight;
    inputs[stateNames.of('momentum', name)] = allocate('float32', rowOf(weight.data.length));
    outputs[stateNames.next(name)] = allocate('float32', rowOf(weight.data.length));
    outputs[stateNames.next(stateNames.of('momentum', name))] = allocate(
      'float32',
      rowOf(weight.data.length),
    );
  }
  const session = await nativeRuntime.createSession(graph, { threads: 1 });
  await session.run(inputs, outputs);
  await session.release();

  const stock = await InferenceSession.create(graph);
  const feeds = Object.entries(inputs).map(([name, { dtype, data, shape }]) => [
    name,
    new OrtTensor(dtype, data as Float32Array, shape),
  ]);
  const results = await stock.run(Object.fromEntries(feeds));
  for (const [name, ours] of Object.entries(outputs)) {
    const theirs = tensorOf('float32', ours.shape, results[name]!.data as Float32Array);
    expect(relativeDifference(ours, theirs), name).toBeLessThan(1e-5);
  }
});
