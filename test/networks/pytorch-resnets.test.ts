import { describe, expect, it } from 'vitest';
import { allocate, type Tensor, tensorOf } from '../../src/base/tensor.ts';
import type { NormalizationMode } from '../../src/engine/operators/layers.ts';
import { nativeRuntime } from '../../src/engine/runtimes/native/native-runtime.ts';
import { stateNames } from '../../src/engine/training/names.ts';
import { rowOf } from '../../src/engine/training/row.ts';
import { backboneOf } from '../../src/networks/backbones/backbones.ts';
import { foldNormalization } from '../../src/networks/fold-normalization.ts';
import { compileInference } from '../../src/networks/graphs/inference.ts';
import { compileTrainingStep } from '../../src/networks/graphs/training.ts';
import type { ModelName } from '../../src/networks/model-names.ts';
import { parametersOf } from '../../src/networks/parameters.ts';
import { readFixture, relativeDifference, shareOfWay } from '../fixtures.ts';

const { tensors, metadata } = await readFixture('resnets');
const networks = JSON.parse(metadata.networks!) as {
  name: ModelName;
  width: number;
  modes: NormalizationMode[];
}[];
const indices = Array.from({ length: Number(metadata.images) }, (_, index) => index);
const trainingImages = [...tensors.keys()].filter((key) => key.startsWith('training/images/')).length;
const [first] = networks;

function architectureOf(model: ModelName, width: number) {
  const auxiliary = model.startsWith('fcn-');
  const numClasses = Number(metadata.numClasses);
  return { model, numClasses, width, deconvolution: 'learned', auxiliary } as const;
}

function weightsOf(model: ModelName, width: number): Map<string, Tensor<'float32'>> {
  return new Map(
    parametersOf(architectureOf(model, width)).map(({ name, shape }) => {
      const tensor = tensors.get(`${model}/weights/${name}`) as Tensor<'float32'> | undefined;
      expect(tensor?.shape, name).toEqual(shape);
      return [name, tensorOf('float32', shape, tensor!.data)];
    }),
  );
}

describe.each(networks)('$name', ({ name: model, width, modes }) => {
  const architecture = architectureOf(model, width);

  it('has the parameters and running averages that PyTorch has', () => {
    const names = [...tensors.keys()].flatMap((key) => key.split(`${model}/weights/`)[1] ?? []);
    expect([...weightsOf(model, width).keys()].sort()).toEqual(names.sort());
  });

  it.each(indices)('gives the scores of PyTorch, image %i', async (index) => {
    const image = tensors.get(`images/${index}`)!;
    const expected = tensors.get(`${model}/logits/${index}`)!;
    const graph = compileInference(architecture, { batchSize: image.shape[0]! });
    const session = await nativeRuntime.createSession(graph, { threads: 1 });
    const scores = allocate('float32', expected.shape);
    const weights = foldNormalization(backboneOf(model).layers, weightsOf(model, width));
    await session.run({ ...Object.fromEntries(weights), image }, { scores });
    await session.release();
    expect(relativeDifference(scores, expected)).toBeLessThan(1e-4);
  });

  // The momentum of a first step is the gradient.
  it.each(modes)('gives the loss and the gradients of PyTorch, normalized by %s', async (normalization) => {
    const expected = (key: string) => tensors.get(`${model}/${normalization}/${key}`)!;
    const step = await stepOf(model, width, { normalization, momentum: 0.9, weightDecay: 0 });
    const loss = await step.run(0, tensors.get('training/labels/0')!, 0);
    await step.release();
    expect(Math.abs(loss / Number(expected('loss').data[0]) - 1)).toBeLessThan(1e-4);
    for (const [name, gradient] of step.momenta) {
      expect(relativeDifference(gradient, expected(`gradients/${name}`)), name).toBeLessThan(1e-3);
    }
  });
});

it('training in batches follows torchvision for 20 steps, running averages included', async () => {
  const [momentum, weightDecay] = [Number(metadata.momentum), Number(metadata.weightDecay)];
  const { name: model, width } = first!;
  const step = await stepOf(model, width, { normalization: 'batch', momentum, weightDecay });
  const expected = tensors.get('training/losses')!.data;
  for (const [index, loss] of expected.entries()) {
    const image = index % trainingImages;
    const own = await step.run(
      image,
      tensors.get(`training/labels/${image}`)!,
      Number(metadata.learningRate),
    );
    expect(Math.abs(own / Number(loss) - 1), `loss of step ${index}`).toBeLessThan(1e-3);
  }
  await step.release();
  const initial = weightsOf(model, width);
  // Layers have as little as two numbers, which one ReLU that flips by chance can move: they are compared stage by stage.
  const partOf = (name: string) => (name.includes('running') ? 'running' : name.split('.')[0]!);
  for (const part of new Set([...initial.keys()].map(partOf))) {
    const names = [...initial.keys()].filter((name) => partOf(name) === part);
    const joined = (tensorOfName: (name: string) => Tensor) => {
      const numbers = names.flatMap((name) => [...(tensorOfName(name).data as Float32Array)]);
      return tensorOf('float32', [numbers.length], numbers);
    };
    const final = joined((name) => tensors.get(`training/final/${name}`)!);
    const share = shareOfWay(
      joined((name) => step.weights.get(name)!),
      final,
      joined((name) => initial.get(name)!),
    );
    expect(share, part).toBeLessThan(0.05);
  }
});

/** A training step on a copy of a network's weights, which change with it. */
async function stepOf(
  model: ModelName,
  width: number,
  settings: { normalization: NormalizationMode; momentum: number; weightDecay: number },
) {
  const weights = weightsOf(model, width);
  const architecture = architectureOf(model, width);
  const config = { batchSize: 2, loss: 'mean', dropout: 0, ...settings } as const;
  const graph = compileTrainingStep(architecture, config).model;
  const session = await nativeRuntime.createSession(graph, { threads: 1 });
  const momenta = new Map<string, Tensor<'float32'>>();
  const loss = allocate('float32', []);
  const outputs: Record<string, Tensor> = { loss };
  for (const { name, learned } of parametersOf(architecture)) {
    const weight = weights.get(name)!;
    const row = rowOf(weight.data.length);
    if (!learned && settings.normalization === 'running') continue;
    outputs[stateNames.next(name)] = { ...weight, shape: row };
    if (!learned) continue;
    momenta.set(name, allocate('float32', row));
    outputs[stateNames.next(stateNames.of('momentum', name))] = momenta.get(name)!;
  }
  const state = [...momenta].map(([name, tensor]) => [stateNames.of('momentum', name), tensor] as const);
  return {
    weights,
    momenta,
    async run(image: number, label: Tensor, rate: number): Promise<number> {
      const inputs = { ...Object.fromEntries(weights), ...Object.fromEntries(state) };
      const learning_rate = tensorOf('float32', [1], [rate]);
      await session.run(
        { ...inputs, image: tensors.get(`training/images/${image}`)!, label, learning_rate },
        outputs,
      );
      return loss.data[0]!;
    },
    release: () => session.release(),
  };
}
