import { describe, expect, it } from 'vitest';
import { allocate, type Tensor, tensorOf } from '../../src/base/tensor.ts';
import type { Batch } from '../../src/data/batches/batch.ts';
import type { Dataset } from '../../src/data/datasets/dataset.ts';
import { openDataset } from '../../src/data/datasets/open.ts';
import { inputPresets } from '../../src/data/input-config.ts';
import { nativeRuntime } from '../../src/engine/runtimes/native/native-runtime.ts';
import { stateNames } from '../../src/engine/training/names.ts';
import { rowOf } from '../../src/engine/training/row.ts';
import { compileTrainingStep } from '../../src/networks/graphs/training.ts';
import type { ModelName } from '../../src/networks/model-names.ts';
import { parametersOf } from '../../src/networks/parameters.ts';
import { Trainer } from '../../src/training/trainer.ts';
import { twoLabelings } from '../data/two-labelings.ts';
import { readFixture, shareOfWay, type TrainingCase, type TrainingDescription } from '../fixtures.ts';
import { tinyRun } from './tiny-run.ts';

const { tensors, metadata } = await readFixture('heads');
const { width, momentum, weightDecay, cases } = JSON.parse(metadata.heads!) as Omit<
  TrainingDescription<TrainingCase>,
  'numClasses'
>;
const classes = ['a', 'b', 'c', 'd'];
const heads = [
  { name: 'semantic', classes },
  { name: 'geometric', classes: ['sky', 'horizontal', 'vertical'] },
];
const shared = { numClasses: 4, classes, width, deconvolution: 'learned', heads } as const;

function initialWeights(name: string, model: ModelName): Map<string, Tensor<'float32'>> {
  return new Map(
    parametersOf({ ...shared, model }).map(({ name: key }) => {
      const { shape, data } = (tensors.get(`${name}/initial/${key}`) ?? tensors.get(`initial/${key}`))!;
      return [key, tensorOf('float32', shape, data as Float32Array)];
    }),
  );
}

function sample(index: number): Pick<Batch, 'image' | 'label' | 'otherLabels'> {
  const of = <T extends Tensor>(name: string) => tensors.get(`${name}/${index}`) as T;
  return {
    image: of<Tensor<'float32'>>('images'),
    label: of<Tensor<'uint8'>>('labels'),
    otherLabels: [of<Tensor<'uint8'>>('labels_geometric')],
  };
}

/** 20 steps of SGD on the sum of two losses in PyTorch, in float64; the labelings have different void pixels. */
describe('two heads learn as in PyTorch', () => {
  it.each(cases)('$name', async ({ name, model, learningRate, images, ...settings }) => {
    const weights = initialWeights(name, model);
    const inputs: Record<string, Tensor> = { learning_rate: tensorOf('float32', [1], [learningRate]) };
    const outputs: Record<string, Tensor> = {};
    for (const [key, weight] of weights) {
      const velocity = allocate('float32', rowOf(weight.data.length));
      inputs[key] = weight;
      inputs[stateNames.of('momentum', key)] = velocity;
      outputs[stateNames.next(key)] = { ...weight, shape: velocity.shape };
      outputs[stateNames.next(stateNames.of('momentum', key))] = velocity;
    }
    const config = { batchSize: 1, momentum, weightDecay, ...settings };
    const { model: graph } = compileTrainingStep({ ...shared, model }, config);
    const session = await nativeRuntime.createSession(graph, { threads: 1 });
    const losses: number[] = [];
    for (const [step, index] of images.entries()) {
      const masks = ['fc6', 'fc7'].flatMap((layer) => {
        const mask = tensors.get(`${name}/masks/${step}/${layer}`);
        return mask ? [[layer.replace('fc', 'drop').concat('.mask'), mask] as const] : [];
      });
      const { image, label, otherLabels } = sample(index);
      const batch = { image, label, label_geometric: otherLabels![0]!, ...Object.fromEntries(masks) };
      const loss = allocate('float32', []);
      await session.run({ ...inputs, ...batch }, { ...outputs, loss });
      losses.push(loss.data[0]!);
    }
    await session.release();
    const expected = tensors.get(`${name}/losses`)!.data as Float32Array;
    for (const [step, loss] of losses.entries()) {
      expect(Math.abs(loss / expected[step]! - 1), `loss of step ${step}`).toBeLessThan(1e-3);
    }
    const start = initialWeights(name, model);
    for (const [key, weight] of weights) {
      const final = tensors.get(`${name}/final/${key}`)!;
      expect(shareOfWay(weight, final, start.get(key)!), key).toBeLessThan(0.05);
    }
  });
});

describe('two heads in micro-batches', () => {
  it.each([
    ['mean', undefined],
    ['mean', [0.5, 1.5, 2, 0.75, 1.25, 0.5, 3]],
    ['sum', undefined],
  ] as const)('learn what one large batch teaches: %s, class weights %s', async (loss, classWeights) => {
    const [{ name, model }] = cases as [TrainingCase];
    const input = inputPresets.caffe;
    const step = async (batchSize: number, batches: Pick<Batch, 'image' | 'label' | 'otherLabels'>[]) => {
      const weights = initialWeights(name, model);
      const trainer = await Trainer.create(nativeRuntime, { ...shared, model, input }, weights, {
        ...{ batchSize, accumulate: batches.length, momentum, weightDecay, loss, dropout: 0 },
        ...{ seed: 0, threads: 1, learningRate: loss === 'mean' ? 1e-3 : 1e-6 },
        ...(classWeights && { classWeights: [...classWeights] }),
      });
      const before = await trainer.step(
        batches.map((batch, i) => ({ ...batch, ids: [], first: i * batchSize })),
        0,
      );
      await trainer.release();
      return { before, weights };
    };
    // Halves of one image: their labels have different numbers of void pixels, in each labeling.
    const halves = [half(sample(2), 0), half(sample(2), 1)];
    const accumulated = await step(1, halves);
    const large = await step(2, [joined(halves)]);
    expect(accumulated.before / large.before - 1).toBeCloseTo(0, 5);
    const start = initialWeights(name, model);
    for (const [key, weight] of accumulated.weights) {
      expect(shareOfWay(weight, large.weights.get(key)!, start.get(key)!), key).toBeLessThan(1e-3);
    }
  });
});

type Part = Pick<Batch, 'image' | 'label' | 'otherLabels'>;

/** The upper or the lower half. */
function half({ image, label, otherLabels }: Part, which: 0 | 1): Part {
  const rows = <T extends 'float32' | 'uint8'>({ dtype, shape, data }: Tensor<T>): Tensor<T> => {
    const [height, width] = shape.slice(-2) as [number, number];
    const planes = data.length / (height * width);
    const part = allocate(dtype, [...shape.slice(0, -2), height / 2, width]);
    const size = (height / 2) * width;
    for (let p = 0; p < planes; p++) {
      const from = p * height * width + which * size;
      part.data.set(data.subarray(from, from + size) as never, p * size);
    }
    return part as Tensor<T>;
  };
  return { image: rows(image), label: rows(label), otherLabels: otherLabels!.map(rows) };
}

function joined(parts: readonly Part[]): Part {
  const join = <T extends 'float32' | 'uint8'>(all: Tensor<T>[]): Tensor<T> => {
    const [first] = all as [Tensor<T>];
    const whole = allocate(first.dtype, [all.length, ...first.shape.slice(1)]);
    for (const [i, { data }] of all.entries()) whole.data.set(data as never, i * data.length);
    return whole as Tensor<T>;
  };
  return {
    image: join(parts.map(({ image }) => image)),
    label: join(parts.map(({ label }) => label)),
    otherLabels: [join(parts.map(({ otherLabels }) => otherLabels![0]!))],
  };
}

describe('labelings that cannot be heads', () => {
  const spec = 'shapes:?train=2&val=1&size=32&classes=4';
  const both = (split: string) => twoLabelings(spec, split);

  it.each(['Kind of ground', 'overlay', ''])("called '%s' are refused", async (name) => {
    const [train, val] = [await both('train'), await both('val')];
    const renamed = (set: Dataset) => ({
      ...set,
      labelings: [set.labelings![0]!, { ...set.labelings![1]!, name }],
    });
    const run = tinyRun({}, { data: { train: renamed(train), val: renamed(val) } });
    await expect(run).rejects.toThrow(`got a labeling called '${name}', expected different names`);
  });

  it('are refused where a split lacks one', async () => {
    const val = await openDataset(spec, 'val');
    await expect(tinyRun({}, { data: { train: await both('train'), val } })).rejects.toThrow(
      /shapes:.* val: got one labeling, expected shape, place as in .* train, two labelings; label both splits alike/,
    );
  });
});
