import { describe, expect, it } from 'vitest';
import type { Memory } from '../../src/base/memory.ts';
import { openShapes } from '../../src/data/datasets/shapes.ts';
import { checkMemory, imageSizes } from '../../src/training/check-memory.ts';
import { type Demand, estimateError, memoryNeed } from '../../src/training/memory-need.ts';
import { recipeFor } from '../../src/training/recipes.ts';

const machine: Memory = { machine: 16e9, limit: 16e9, available: 16e9 };
const sizes = { training: { height: 224, width: 224 }, validation: { height: 256, width: 256 } };

function demand(changes: Partial<Demand> & { width?: number } = {}): Demand {
  const { width = 1, ...rest } = changes;
  const recipe = recipeFor('classic', 'fcn8s');
  const model = { model: 'fcn8s', numClasses: 21, width, deconvolution: 'learned' } as const;
  return { ...recipe, frozen: [], model, validateEvery: 1, ...rest };
}

const refused = (changes: Parameters<typeof demand>[0], at = sizes, memory = machine) => {
  try {
    checkMemory(demand(changes), at, memory);
  } catch (thrown) {
    return (thrown as Error).message;
  }
  return 'fits';
};

describe('a run that cannot fit into memory', () => {
  it('is refused with the numbers and what to change', () => {
    expect(refused({ batchSize: 1_000_000 })).toMatch(
      /needs about \d+ TB .*at most 16 GB.*; lower --batch-size to/,
    );
    expect(refused({ batchSize: 300 })).toMatch(/lower --batch-size to \d+; --accumulate \d+ then keeps/);
    expect(refused({ accumulate: 1e9 })).toMatch(/lower --accumulate to \d+/);
    expect(refused({ width: 100 })).toMatch(/lower --width.*, or choose a smaller --model/);
    const huge = { height: 1e5, width: 1e5 };
    expect(refused({}, { ...sizes, training: huge })).toMatch(/lower the image size with --crop or --resize/);
    expect(refused({ width: 0.1 }, { ...sizes, validation: huge })).toMatch(/lower --val-size/);
  });

  it('fits with what it is told', () => {
    const batch = Number(/--batch-size to (\d+)/.exec(refused({ batchSize: 300 }))![1]);
    expect(refused({ batchSize: batch })).toBe('fits');
    const width = Number(/--width to ([\d.]+)/.exec(refused({ width: 6 }))![1]);
    expect(refused({ width })).toBe('fits');
  });

  it('is refused only where the estimate could not be wrong enough', () => {
    const { total } = memoryNeed(demand(), sizes);
    const limited = (limit: number): Memory => ({
      machine: 16e9,
      limit,
      available: limit,
      cgroup: { version: 2, bytes: limit },
    });
    expect(refused({}, sizes, limited((1 - estimateError) * total + 1))).toBe('fits');
    expect(refused({}, sizes, limited((1 - estimateError) * total - 1))).toMatch(
      /the limit of its cgroup \(version 2; /,
    );
    expect(checkMemory(demand(), sizes, limited(0.9 * total))[0]).toMatch(/it may not fit/);
    expect(checkMemory(demand(), sizes, limited(1.1 * total))).toEqual([]);
  });
});

describe('samples that are kept', () => {
  const trainSize = { mode: 'resize', height: 100, width: 50 } as const;
  const settings = { trainSize, valSize: { mode: 'native' }, validateEvery: 5 } as const;

  it('count with as many bytes as they have once they are resized, and validation images with their own', async () => {
    const [trainSet, valSet] = await Promise.all(
      ['train', 'val'].map((split) => openShapes('?train=6&val=2&size=64', split)),
    );
    const sizes = await imageSizes(settings, trainSet!, valSet);
    expect(sizes.kept).toBe(6 * 100 * 50 * 4 + 2 * 64 * 64 * 4);
    expect((await imageSizes({ ...settings, validateEvery: 0 }, trainSet!, valSet)).kept).toBe(
      6 * 100 * 50 * 4,
    );
    const need = (kept: number) => memoryNeed(demand(), { ...sizes, kept }).total;
    expect(need(sizes.kept!) - need(0)).toBeCloseTo(sizes.kept!);
  });

  it('take no more than a limit', async () => {
    const many = await openShapes('?train=100000&val=2&size=640', 'train');
    expect((await imageSizes({ ...settings, validateEvery: 0 }, many, undefined)).kept).toBeLessThanOrEqual(
      2 ** 28,
    );
  });
});
