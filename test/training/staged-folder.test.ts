import { describe, expect, it } from 'vitest';
import { classFrequencies, medianFrequencyWeights } from '../../src/data/datasets/class-frequencies.ts';
import { openDataset } from '../../src/data/datasets/open.ts';
import type { ModelName } from '../../src/networks/model-names.ts';
import { ClassBalance } from '../../src/training/class-balance.ts';
import type { RunSettings } from '../../src/training/prepare.ts';
import type { Recipe } from '../../src/training/recipes.ts';
import { StagedFolder } from '../../src/training/staged-folder.ts';
import { temporaryFolder } from '../cli/fcn.ts';

const models = ['fcn32s', 'fcn16s', 'fcn8s'] as const;
const data = 'shapes:?train=5&val=2&size=32';

async function prepareStages(overrides: Partial<Recipe>, balance?: ClassBalance) {
  const settingsOf = (model: ModelName): RunSettings => ({
    ...{ command: 'test', data, trainSplit: 'train', valSplit: 'val', model, width: 1 / 32, init: 'none' },
    ...{ recipe: 'classic', order: 'shuffled', seed: 1, threads: 1, checkpointEvery: 0, overrides },
  });
  const staged = new StagedFolder(await temporaryFolder());
  return staged.prepare(new Map(models.map((model) => [model, settingsOf(model)])), balance);
}

describe('stages', () => {
  it('read all labels once for class weights', async () => {
    const counts: number[] = [];
    const balance = new ClassBalance((_, done) => counts.push(done));
    const { configs } = await prepareStages({ classWeighting: 'balanced' }, balance);
    const expected = medianFrequencyWeights(await classFrequencies(await openDataset(data, 'train')));
    expect([...configs.values()].map(({ classWeights }) => classWeights)).toEqual(Array(3).fill(expected));
    expect(counts).toEqual([1, 2, 3, 4, 5]);
  });

  it('read none where classes are not balanced', async () => {
    const balance = new ClassBalance(() => expect.unreachable());
    const { configs } = await prepareStages({}, balance);
    expect([...configs.values()].map(({ classWeights }) => classWeights)).toEqual([null, null, null]);
  });

  it('freeze layers that only some of their networks have, but none that no network has', async () => {
    const { configs } = await prepareStages({ frozen: ['score_pool4', 'conv1_*'] });
    expect([...configs.values()].map(({ frozen }) => frozen)).toEqual(
      Array(3).fill(['score_pool4', 'conv1_*']),
    );
    await expect(prepareStages({ frozen: ['score_pool2'] })).rejects.toThrow(
      /^--freeze: got "score_pool2", .*; the network has .*score_fr, upscore, .*score_pool4, .*score_pool3/,
    );
  });
});
