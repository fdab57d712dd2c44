import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { inputError } from '../../../src/base/errors.ts';
import { type Batch, meanPixel } from '../../../src/data/batches/batch.ts';
import { type LoaderOptions, loadBatches } from '../../../src/data/batches/loader.ts';
import { createSampler } from '../../../src/data/batches/sampler.ts';
import type { Dataset } from '../../../src/data/datasets/dataset.ts';
import { openDataset } from '../../../src/data/datasets/open.ts';
import { inputPresets } from '../../../src/data/input-config.ts';
import { trainingTransform } from '../../../src/data/transforms/augment.ts';
import { compose } from '../../../src/data/transforms/transform.ts';
import { codedSample } from '../helpers.ts';

const input = inputPresets.caffe;

describe('createSampler', () => {
  it('visits every index once an epoch, in another order each epoch', () => {
    const sample = createSampler(7, 1, 'shuffled');
    const epochs = [0, 1, 2].map((epoch) => Array.from({ length: 7 }, (_, i) => sample(epoch * 7 + i)));
    for (const order of epochs) expect([...order].sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(new Set(epochs.map(String)).size).toBe(3);
  });

  it('depends on nothing but seed and number', () => {
    const forwards = createSampler(7, 1, 'shuffled');
    const expected = Array.from({ length: 30 }, (_, k) => forwards(k));
    const backwards = createSampler(7, 1, 'shuffled');
    for (let k = 29; k >= 0; k--) expect(backwards(k)).toBe(expected[k]);
    const other = createSampler(7, 2, 'shuffled');
    expect(Array.from({ length: 30 }, (_, k) => other(k))).not.toEqual(expected);
  });

  it('can keep the order of the data set', () => {
    const sample = createSampler(3, 1, 'sequential');
    expect([0, 1, 2, 3, 4, 5, 6].map(sample)).toEqual([0, 1, 2, 0, 1, 2, 0]);
  });
});

/** Ten small samples that take a moment; `broken` fails to load. Counts what is loaded. */
function slowDataset(broken?: number): Dataset & { started: number[]; active: number } {
  const sample = codedSample(2, 2);
  const dataset = {
    name: 'slow',
    classes: ['background'],
    ids: Array.from({ length: 10 }, (_, i) => `s${i}`),
    started: [] as number[],
    active: 0,
    async load(index: number) {
      dataset.started.push(index);
      dataset.active++;
      // Later samples are ready sooner, so that order does not come by itself.
      await sleep(12 - index);
      dataset.active--;
      if (index === broken) throw inputError(`image s${index}: broken`);
      return { ...sample, id: `s${index}` };
    },
    loadLabel: async () => sample.label,
    imageSource: (index: number) => `s${index}`,
  };
  return dataset;
}

function optionsOf(dataset: Dataset, changes: Partial<LoaderOptions> = {}): LoaderOptions {
  return {
    dataset,
    from: 0,
    to: 10,
    batchSize: 1,
    seed: 3,
    order: 'sequential',
    transform: compose([]),
    input,
    ...changes,
  };
}

describe('loadBatches', () => {
  it('resumes at any batch with the same batches, to the bit', async () => {
    const dataset = await openDataset('shapes:?train=7&size=32', 'train');
    const size = { mode: 'crop', height: 24, width: 40 } as const;
    const transform = trainingTransform(size, ['flip', 'scale'], meanPixel(input));
    const options = optionsOf(dataset, { to: 9, batchSize: 3, order: 'shuffled', transform });
    const whole = await collect(loadBatches(options));
    expect(whole).toHaveLength(9);
    expect(new Set(whole.slice(0, 3).flatMap(({ ids }) => ids)).size).toBe(7);
    for (const from of [1, 4, 8, 9]) {
      const prefetch = from % 3;
      expect(await collect(loadBatches({ ...options, from, prefetch }))).toEqual(whole.slice(from));
    }
    expect(await collect(loadBatches({ ...options, seed: 4 }))).not.toEqual(whole);
    // The same image is augmented anew in the next epoch.
    const find = (batches: Batch[], id: string) =>
      batches.flatMap(({ ids, image }) =>
        ids.flatMap((name, n) => (name === id ? [String(image.data.slice(n * 2880, (n + 1) * 2880))] : [])),
      );
    const views = find(whole, dataset.ids[0]!);
    expect(views.length).toBeGreaterThan(2);
    expect(new Set(views).size).toBe(views.length);
  });

  it('loads ahead of the consumer, in order, and no further than asked', async () => {
    const dataset = slowDataset();
    const loader = loadBatches(optionsOf(dataset, { prefetch: 2 }));
    const seen: string[] = [];
    for await (const { ids } of loader) {
      seen.push(...ids);
      await sleep(30);
      // The one in use and two more.
      expect(dataset.started.length).toBe(Math.min(10, seen.length + 2));
    }
    expect(seen).toEqual(dataset.ids);
  });

  it('throws the error of a broken sample when its turn comes', async () => {
    const loader = loadBatches(optionsOf(slowDataset(5)));
    const seen: string[] = [];
    const consume = async () => {
      for await (const { ids } of loader) {
        seen.push(...ids);
        await sleep(20);
      }
    };
    await expect(consume()).rejects.toThrow(/^image s5: broken$/);
    expect(seen).toEqual(['s0', 's1', 's2', 's3', 's4']);
  });

  it('leaves nothing behind when the consumer stops early, not even a rejection', async () => {
    const rejections: unknown[] = [];
    const listener = (reason: unknown) => rejections.push(reason);
    process.on('unhandledRejection', listener);
    const dataset = slowDataset(2);
    for await (const batch of loadBatches(optionsOf(dataset))) {
      expect(batch.ids).toEqual(['s0']);
      break;
    }
    expect(dataset.active).toBe(0);
    expect(dataset.started).toEqual([0, 1, 2, 3]);
    await sleep(20);
    process.off('unhandledRejection', listener);
    expect(rejections).toEqual([]);
  });
});

async function collect(loader: AsyncIterable<Batch>): Promise<Batch[]> {
  const batches: Batch[] = [];
  for await (const batch of loader) batches.push(batch);
  return batches;
}
