import { describe, expect, it } from 'vitest';
import { random } from '../../src/base/rng.ts';
import { allocate, type Tensor } from '../../src/base/tensor.ts';
import type { Batch } from '../../src/data/batches/batch.ts';
import { inputPresets } from '../../src/data/input-config.ts';
import { initializeParameter } from '../../src/engine/parameters/initialize.ts';
import { bandsOf } from '../../src/engine/rewrites/bands.ts';
import { nativeRuntime } from '../../src/engine/runtimes/native/native-runtime.ts';
import type { ModelConfig } from '../../src/networks/model-config.ts';
import type { ModelName } from '../../src/networks/model-names.ts';
import { parametersOf } from '../../src/networks/parameters.ts';
import { defaultPlans } from '../../src/networks/plans.ts';
import { Trainer, type TrainerConfig } from '../../src/training/trainer.ts';
import { shareOfWay } from '../fixtures.ts';

const sgd = {
  loss: 'mean',
  momentum: 0.9,
  weightDecay: 5e-4,
  dropout: 0,
  seed: 0,
  threads: 1,
  learningRate: 1e-2,
} as const;

function network(
  model: ModelName,
  width = widthOf(model),
): { config: ModelConfig; weights: Map<string, Tensor<'float32'>> } {
  const config: ModelConfig = {
    ...{ model, numClasses: 3, width, deconvolution: 'learned', classes: ['a', 'b', 'c'] },
    input: inputPresets.torchvision,
  };
  const weights = parametersOf(config).map((parameter) => {
    const tensor = initializeParameter(parameter, 0);
    // Score layers that are not zero, so that every gradient is not.
    const stream = random(0, parameter.name);
    if (parameter.name.startsWith('score')) fill(tensor.data, () => 0.1 * stream.normal());
    return [parameter.name, tensor] as const;
  });
  return { config, weights: new Map(weights) };
}

/** Narrow; AlexNet's groups need some channels. */
const widthOf = (model: ModelName) => (model === 'fcn32s-alexnet' ? 1 / 16 : 1 / 32);

function fill(data: Float32Array | Uint8Array, draw: (index: number) => number) {
  for (let i = 0; i < data.length; i++) data[i] = draw(i);
}

function batchOf(images: number, voidShares: readonly number[]): Batch {
  const stream = random(1, 'batch');
  const image = allocate('float32', [images, 3, 21, 26]);
  const label = allocate('uint8', [images, 21, 26]);
  fill(image.data, () => stream.normal());
  fill(label.data, (i) => {
    const share = voidShares[Math.floor(i / (21 * 26))]!;
    return stream.uniform() < share ? 255 : stream.integer(3);
  });
  return { image, label, ids: [], first: 0 };
}

async function stepsOf(model: ModelName, config: TrainerConfig, batches: Batch[]) {
  const { config: modelConfig, weights } = network(model);
  const trainer = await Trainer.create(nativeRuntime, modelConfig, weights, config);
  const losses = [];
  for (let step = 0; step < 3; step++) losses.push(await trainer.step(batches, step));
  await trainer.release();
  return { losses, weights };
}

describe('a parameter that is updated in bands', () => {
  it.each([
    ['sgd', {}],
    ['adamw, clipped', { optimizer: 'adamw', clip: 0.1, weightDecay: 0.1 }],
  ] as const)(
    'becomes what it becomes as a whole, as do its state and average: %s',
    async (_, others) => {
      const batch = batchOf(1, [0.1]);
      // Bands that are as much smaller as the network is narrower.
      const plan = { ...defaultPlans.training, bands: 64 * 576 };
      const after = [];
      // Only a step that accumulates nothing has bands. Two equal micro-batches have the mean loss of one.
      for (const accumulate of [1, 2]) {
        const { config, weights } = network('fcn32s-alexnet');
        const settings = { ...sgd, ...others, batchSize: 1, accumulate, ema: 0.9, learningRate: 1e-3 };
        const trainer = await Trainer.create(nativeRuntime, config, weights, settings, plan);
        const fc6 = parametersOf(config).find(({ name }) => name === 'fc6.weight')!;
        expect(bandsOf(fc6, plan.bands)).toHaveLength(4);
        for (let step = 0; step < 2; step++) await trainer.step(Array(accumulate).fill(batch), step);
        await trainer.release();
        after.push(new Map([['weights', weights], ...trainer.state.kinds]));
      }
      const [inBands, whole] = after;
      const start = network('fcn32s-alexnet').weights.get('fc6.weight')!;
      const zero = allocate('float32', [start.data.length]);
      expect(inBands!.size).toBeGreaterThan(2);
      for (const [kind, tensors] of inBands!) {
        const from = kind === 'weights' || kind === 'average' ? start : zero;
        const [a, b] = [tensors, whole!.get(kind)!].map((of) => of.get('fc6.weight')!);
        expect(shareOfWay(a!, b!, from), kind).toBeLessThan(1e-3);
      }
    },
    60_000,
  );
});

describe('accumulated gradients', () => {
  const settings = { classWeights: [0.02, 3, 0.5], frozen: ['conv1'], headRate: 3, ema: 0.9 };
  it.each([
    ['mean', {}, 'fcn8s'],
    ['sum', {}, 'fcn32s-alexnet'],
    ['mean', settings, 'fcn32s-alexnet'],
    ['sum', { objective: 'focal+0.5*ce' }, 'fcn32s-alexnet'],
    ['mean', { ...settings, objective: 'ce+2*focal', hardPixels: 0.3 }, 'fcn32s-alexnet'],
  ] as const)('give what one large batch gives, loss %s, settings %j', async (loss, others, model) => {
    // Different numbers of valid pixels: the mean is over all of them, not a mean of means.
    const whole = batchOf(2, [0.1, 0.8]);
    const parts = [0, 1].map((n) => ({
      image: {
        ...whole.image,
        shape: [1, 3, 21, 26],
        data: whole.image.data.slice(n * 3 * 546, (n + 1) * 3 * 546),
      },
      label: { ...whole.label, shape: [1, 21, 26], data: whole.label.data.slice(n * 546, (n + 1) * 546) },
      ...{ ids: [], first: n },
    }));
    const learningRate = loss === 'sum' ? 1e-5 : 1e-2;
    const large = await stepsOf(
      model,
      { ...sgd, ...others, loss, learningRate, batchSize: 2, accumulate: 1 },
      [whole],
    );
    const accumulated = await stepsOf(
      model,
      { ...sgd, ...others, loss, learningRate, batchSize: 1, accumulate: 2 },
      parts,
    );
    for (const [i, value] of accumulated.losses.entries()) expect(value / large.losses[i]!).toBeCloseTo(1, 4);
    const initial = network(model).weights;
    for (const [name, tensor] of accumulated.weights) {
      if (name.startsWith('conv1.') && 'frozen' in others) {
        expect(tensor.data, name).toEqual(initial.get(name)!.data);
        continue;
      }
      expect(shareOfWay(tensor, large.weights.get(name)!, initial.get(name)!), name).toBeLessThan(0.01);
    }
  });
});

describe('accumulated gradients of losses over regions', () => {
  it('are those of each batch, averaged by the pixels that count', async () => {
    const config = { ...sgd, objective: 'ce+dice+0.5*lovasz', learningRate: 0, batchSize: 1 };
    const batches = [batchOf(1, [0.1]), batchOf(1, [0.8])];
    const counts = batches.map(({ label }) => label.data.filter((each) => each !== 255).length);
    const alone = [];
    for (const batch of batches) {
      alone.push((await stepsOf('fcn8s', { ...config, accumulate: 1 }, [batch])).losses[0]!);
    }
    const together = (await stepsOf('fcn8s', { ...config, accumulate: 2 }, batches)).losses[0]!;
    const mean = (alone[0]! * counts[0]! + alone[1]! * counts[1]!) / (counts[0]! + counts[1]!);
    expect(together / mean).toBeCloseTo(1, 5);
  });
});

describe('averaged weights', () => {
  it('follow the weights after each update, faster at first', async () => {
    const { config, weights } = network('fcn32s');
    const { data } = weights.get('score_fr.weight')!;
    const settings = { ...sgd, batchSize: 1, accumulate: 2, ema: 0.2, frozen: ['fc7'] };
    const trainer = await Trainer.create(nativeRuntime, config, weights, settings);
    const { kinds } = trainer.state;
    expect([...kinds.keys()]).toEqual(['momentum', 'average']);
    expect([...kinds.get('average')!.keys()]).toEqual([...kinds.get('momentum')!.keys()]);
    expect(kinds.get('average')!.has('fc7.weight')).toBe(false);
    expect(trainer.result.get('fc7.weight')!.data).toBe(weights.get('fc7.weight')!.data);
    const expected = Float64Array.from(data);
    for (const [step, decay] of [1 / 10, 2 / 11, 0.2].entries()) {
      await trainer.step([batchOf(1, [0]), batchOf(1, [0.5])], step);
      for (const [i, weight] of data.entries()) expected[i] = decay * expected[i]! + (1 - decay) * weight;
    }
    await trainer.release();
    const { shape, data: result } = trainer.result.get('score_fr.weight')!;
    expect(shape).toEqual([3, 128, 1, 1]);
    for (const [i, value] of result.entries()) expect(value).toBeCloseTo(expected[i]!, 6);
  });
});

describe('fixed deconvolutions', () => {
  it('stay what they are while all else learns', async () => {
    const { config, weights } = network('fcn16s');
    const fixed: ModelConfig = { ...config, deconvolution: 'final-fixed' };
    const before = new Map([...weights].map(([name, { data }]) => [name, data.slice()]));
    const trainer = await Trainer.create(nativeRuntime, fixed, weights, {
      ...sgd,
      batchSize: 1,
      accumulate: 1,
    });
    await trainer.step([batchOf(1, [0])], 0);
    await trainer.release();
    const changed = [...weights].filter(([name, { data }]) =>
      data.some((v, i) => v !== before.get(name)![i]),
    );
    const unchanged = [...weights.keys()].filter((name) => !changed.some(([other]) => other === name));
    expect(unchanged).toEqual(['upscore16.weight']);
  });

  it.each(['fcn8s-mobilenetv2', 'fcn32s-alexnet', 'fcn8s'] as const)(
    'that are bilinear give the gradients of any deconvolution, %s',
    async (model) => {
      const settings = { ...sgd, batchSize: 2, accumulate: 1 };
      const trained = async (nearly: boolean) => {
        const { config, weights } = network(model, 1 / 16);
        const last = [...weights.keys()].find((name) => /^upscore(8)?\.weight$/.test(name))!;
        // So small that nothing changes, but the weights are no longer taken for bilinear.
        if (nearly) weights.get(last)!.data[0] = Math.fround(weights.get(last)!.data[0]! + 1e-9);
        const fixed: ModelConfig = { ...config, deconvolution: 'final-fixed' };
        const trainer = await Trainer.create(nativeRuntime, fixed, weights, settings);
        const losses: number[] = [];
        // With some other shades, rounding turns a maximum over: gradients are then up to 3e-2 apart.
        for (let step = 0; step < 3; step++) losses.push(await trainer.step([batchOf(2, [0, 0.4])], step));
        await trainer.release();
        return { losses, weights };
      };
      const [interpolated, deconvolved] = [await trained(false), await trained(true)];
      for (const [i, loss] of interpolated.losses.entries()) {
        expect(loss / deconvolved.losses[i]!).toBeCloseTo(1, 5);
      }
      for (const [name, { data }] of interpolated.weights) {
        const other = deconvolved.weights.get(name)!.data;
        const most = data.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
        const apart = data.reduce((max, value, i) => Math.max(max, Math.abs(value - other[i]!)), 0);
        expect(apart, name).toBeLessThan(1e-4 * Math.max(most, 1e-2));
      }
    },
  );
});
