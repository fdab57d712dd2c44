import { readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { classFrequencies, medianFrequencyWeights } from '../../src/data/datasets/class-frequencies.ts';
import { evaluate } from '../../src/inference/evaluate/evaluate.ts';
import { withSegmenter } from '../../src/inference/predict/segmenter.ts';
import type { Recipe } from '../../src/training/recipes.ts';
import { train } from '../../src/training/train.ts';
import { loadModel } from '../../src/weights/model-file.ts';
import { readSafetensors } from '../../src/weights/safetensors/safetensors.ts';
import { tinyRun } from './tiny-run.ts';

describe('the settings of a run', () => {
  it('balance the classes of the training split', async () => {
    const { prepared } = await tinyRun({ classWeighting: 'balanced' });
    const { config, trainSet, valSet } = prepared;
    expect(config.classWeights).toEqual(medianFrequencyWeights(await classFrequencies(trainSet)));
    expect(config.classWeights).not.toEqual(medianFrequencyWeights(await classFrequencies(valSet!)));
    expect((await tinyRun()).prepared.config.classWeights).toBeNull();
  });

  it('are what they always were where config.json is older than they', async () => {
    const { run, prepared } = await tinyRun();
    const defaults = {
      ...{ classWeights: null, frozen: [], headRate: 1, ema: 0, stepEvery: 0, stepFactor: 0.1 },
      ...{ objective: 'ce', hardPixels: 1, patience: 0 },
      ...{ optimizer: 'sgd', nesterov: false, betas: [0.9, 0.999], clip: 0, warmup: 0 },
    };
    const older = JSON.parse(await readFile(run.configFile, 'utf8'));
    expect(older).toMatchObject(defaults);
    for (const key of Object.keys(defaults)) delete older[key];
    await writeFile(run.configFile, JSON.stringify(older));
    expect(await run.readConfig()).toEqual(prepared.config);
  });

  it.each([
    {
      key: 'classWeights',
      value: [1, 2],
      message: /: classWeights: got 2 numbers, expected 6, one for each class;/,
    },
    {
      key: 'objective',
      value: 'ce+mse',
      message: /: objective: expected some of ce, focal, sigmoid, dice, lovasz, each once, as in ce\+dice/,
    },
    {
      key: 'schedule',
      value: 'step',
      message: /: stepEvery: got 0 or nothing, expected a number of iterations/,
    },
  ])('are refused where $key does not go with the others', async ({ key, value, message }) => {
    const { run, prepared } = await tinyRun();
    await writeFile(run.configFile, JSON.stringify({ ...prepared.config, [key]: value }));
    await expect(run.readConfig()).rejects.toThrow(message);
    const { stepEvery, ...older } = prepared.config;
    await writeFile(run.configFile, JSON.stringify({ ...older, [key]: value }));
    await expect(run.readConfig()).rejects.toThrow(message);
  });

  it('make the learning rate fall in steps, the same for a run that was stopped', async () => {
    const steps = { schedule: 'step', stepEvery: 2, stepFactor: 0.5, duration: { iterations: 5 } } as const;
    const { run, prepared } = await tinyRun(steps, { validateEvery: 0 });
    let iterations = 0;
    const events = { onIteration: () => void (iterations += 1) };
    await train({ ...prepared, run, events, shouldStop: () => iterations === 3 });
    await train({ ...prepared, run });
    const rates = (await run.log.rows()).map(([, , , rate]) => Number(rate));
    expect(rates).toEqual([1e-3, 1e-3, 5e-4, 5e-4, 2.5e-4]);
  });

  it.each([
    [{ optimizer: 'adamw', momentum: 0.9 }, /^--momentum: got 0.9 with --optimizer adamw, .*; use --betas$/],
    [{ optimizer: 'adamw', nesterov: true }, /^--nesterov: got --optimizer adamw with it, expected sgd/],
    [{ betas: [0.9, 0.99] }, /^--betas: got 0.9,0.99 with --optimizer sgd, .*add --optimizer adamw$/],
    [{ nesterov: true, momentum: 0 }, /^--nesterov: got --momentum 0 with it, expected a momentum above 0/],
    [{ warmup: 10 }, /^--warmup: got 10 iterations, expected fewer than the 10 of the run/],
  ] as [Partial<Recipe>, RegExp][])(
    'are refused where the optimizer has none: %j',
    async (overrides, message) => {
      await expect(tinyRun(overrides)).rejects.toThrow(message);
    },
  );

  it.each([
    [
      { objective: 'ce+dice', loss: 'sum' },
      /^--objective: got ce\+dice with summed losses, .*; add --loss mean/,
    ],
    [
      { objective: 'lovasz', classWeighting: 'balanced' },
      /^--objective: got lovasz with --class-weights balanced/,
    ],
    [
      { objective: 'dice', hardPixels: 0.5 },
      /^--objective: got dice with --hard-pixels 0.5, expected one with/,
    ],
  ] as [Partial<Recipe>, RegExp][])(
    'are refused where the losses have none: %j',
    async (overrides, message) => {
      await expect(tinyRun(overrides)).rejects.toThrow(message);
    },
  );

  it('choose the losses, which are in log.csv', async () => {
    const first = async (overrides: Partial<Recipe>) => {
      const { run, prepared } = await tinyRun(
        { ...overrides, duration: { iterations: 1 } },
        { validateEvery: 0 },
      );
      await train({ ...prepared, run });
      return Number((await run.log.rows())[0]![2]);
    };
    // Score layers start at zero: every class has the probability 1/6, or 1/2 against the rest.
    expect(await first({})).toBeCloseTo(Math.log(6), 5);
    expect(await first({ hardPixels: 0.1 })).toBeCloseTo(Math.log(6), 5);
    expect(await first({ objective: 'focal' })).toBeCloseTo((6 / 4) * Math.log(2), 5);
    const dice = await first({ objective: 'dice' });
    expect(await first({ objective: 'ce+0.5*dice' })).toBeCloseTo(Math.log(6) + 0.5 * dice, 5);
    expect(await first({ objective: 'lovasz' })).toBeGreaterThan(dice); // as IoU is below dice
  });

  it("of AdamW are in its checkpoints, and of SGD's there are no others than there were", async () => {
    const kindsIn = async (overrides: Partial<Recipe>) => {
      const { run, prepared } = await tinyRun(
        { duration: { iterations: 1 }, ...overrides },
        { validateEvery: 0 },
      );
      await train({ ...prepared, run });
      const { tensors } = await readSafetensors(run.file('checkpoints', 'iteration-1.safetensors'));
      return [...tensors.keys()].flatMap((key) => (key.startsWith('fc7.weight.') ? [key.slice(11)] : []));
    };
    expect(await kindsIn({ optimizer: 'adamw', ema: 0.9 })).toEqual([
      'first_moment',
      'second_moment',
      'average',
    ]);
    expect(await kindsIn({ nesterov: true, clip: 1 })).toEqual(['momentum']);
  });

  it('freeze only layers that there are, and not all of them', async () => {
    const vgg = { model: 'fcn32s', width: 1 / 32 } as const; // with names that begin as others do
    await expect(tinyRun({ frozen: ['conv1_*', 'conv6_1'] }, vgg)).rejects.toThrow(
      /^--freeze: got "conv6_1", expected names of layers, .*; the network has conv1_1, conv1_2, .*, score_fr, upscore$/,
    );
    await expect(tinyRun({ frozen: ['conv1'] }, vgg)).rejects.toThrow(/got "conv1"/);
    await expect(tinyRun({ frozen: ['conv*', 'fc*', 'score*'], deconvolution: 'fixed' })).rejects.toThrow(
      /^--freeze: got conv\*,fc\*,score\*, expected at least one layer that learns/,
    );
  });

  it('validate and save averages where they are kept', async () => {
    const { run, prepared } = await tinyRun(
      { duration: { iterations: 3 }, ema: 0.9, frozen: ['fc7'] },
      { validateEvery: 3 },
    );
    await train({ ...prepared, run });
    const checkpoint = (await readSafetensors(run.file('checkpoints', 'iteration-3.safetensors'))).tensors;
    const { config, weights } = await loadModel(run.last);
    for (const [name, { data }] of weights) {
      const average = checkpoint.get(`${name}.average`);
      expect(data, name).toEqual((average ?? checkpoint.get(name)!).data);
      expect(average === undefined, name).toBe(name.startsWith('fc7'));
    }
    expect(weights.get('fc6.weight')!.data).not.toEqual(checkpoint.get('fc6.weight')!.data);
    expect(await readFile(run.best)).toEqual(await readFile(run.last));

    const metrics = await withSegmenter({ config, weights }, { threads: 1 }, (segmenter) =>
      evaluate({ segmenter, dataset: prepared.valSet!, size: undefined }),
    );
    expect(await run.readBestMetrics()).toEqual(metrics);
  });
});
