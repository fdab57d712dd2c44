import { expect, it } from 'vitest';
import { nativeRuntime } from '../../src/engine/runtimes/native/native-runtime.ts';
import { createTraining } from '../../src/library/web/index.ts';
import { readModel, writeModel } from '../../src/library/web/model-file.ts';
import { Training } from '../../src/library/web/training.ts';
import { randomModel } from '../weights/models.ts';
import { halves } from './own-data.ts';

const settings = {
  model: 'fcn32s-squeezenet',
  classes: ['dark', 'bright'],
  cropSize: 32,
  batchSize: 2,
} as const;

// In Node, on the WebAssembly that browsers run.
it('a training in a page takes the steps that a native one takes, and goes on from what was saved', async () => {
  const dataset = halves('train', 4);
  const samples = await Promise.all(dataset.ids.map((_, index) => dataset.load(index)));
  const training = await createTraining(settings);
  await expect(training.step()).rejects.toThrow(/got no labeled pixel, .*setSamples/);
  training.setSamples(samples);
  const rules = { learningRate: 0.02, momentum: 0.9, weightDecay: 5e-4, seed: 0, threads: 1 };
  const start = readModel(await training.save(), 'saved');
  const native = await Training.create(nativeRuntime, start, { ...rules, batchSize: 2, cropSize: 32 });
  native.setSamples(samples);
  for (let step = 0; step < 3; step++) {
    const expected = await native.step();
    expect(Math.abs((await training.step()) - expected) / expected, `step ${step}`).toBeLessThan(1e-3);
  }
  await native.release();
  expect(training.iteration).toBe(3);
  const saved = await training.save();
  const { image } = samples[0]!;
  const before = await training.segment(image);
  await training.release();

  const second = await createTraining({ ...settings, weights: saved });
  expect(second.config.model).toBe('fcn32s-squeezenet');
  expect(await second.segment(image)).toEqual(before);
  await second.release();
});

it('a training in a page goes on with the first head of a network that has several', async () => {
  const classes = ['dark', 'bright'];
  const heads = [
    { name: 'light', classes },
    { name: 'place', classes: ['left', 'middle', 'right'] },
  ];
  const network = randomModel({ model: 'fcn32s-squeezenet', width: 1 / 16, numClasses: 2, classes, heads });
  const training = await createTraining({ ...settings, weights: writeModel(network) });
  expect(training.config).not.toHaveProperty('heads');
  const dataset = halves('train', 2);
  training.setSamples(await Promise.all(dataset.ids.map((_, index) => dataset.load(index))));
  const begun = readModel(await training.save(), 'saved');
  expect(begun.weights.get('score_fr.weight')).toEqual(network.weights.get('score_fr.weight'));
  expect([...begun.weights.keys()].filter((name) => name.includes('place'))).toEqual([]);
  expect(await training.step()).toBeGreaterThan(0);
  await training.release();
});

it.each([
  [{ ...settings, classes: ['one'] }, /classes: got \["one"\], expected the names of at least two classes/],
  [{ ...settings, learnRate: 1 }, /got the unknown setting learnRate, .*did you mean learningRate\?/],
  [{ ...settings, width: 2 }, /width: got 2, expected number to be <=1/],
  [{ ...settings, weights: new Uint8Array(3) }, /safetensors file file: ends at offset 3/],
])('refuses %o', async (wrong, message) => {
  await expect(createTraining(wrong as never)).rejects.toThrow(message);
});

it('refuses labels that do not go with their images', async () => {
  const training = await createTraining(settings);
  const { image, label } = await halves('train', 1).load(0);
  const set = (changed: Partial<typeof label>) => () =>
    training.setSamples([{ image, label: { ...label, ...changed } }]);
  expect(set({ width: 31 })).toThrow(/label 0: got 31x32 pixels/);
  expect(set({ data: label.data.map(() => 2) })).toThrow(/label 0: got class 2, expected 0 to 1, or 255/);
  await training.release();
});
