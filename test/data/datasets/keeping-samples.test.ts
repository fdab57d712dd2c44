import { describe, expect, it } from 'vitest';
import type { Dataset, Sample } from '../../../src/data/datasets/dataset.ts';
import { keepingSamples } from '../../../src/data/datasets/keeping-samples.ts';

/** Four samples of 4 pixels, which take 16 bytes each; `loads` counts how often each was read. */
function countingDataset(): { dataset: Dataset; loads: number[] } {
  const loads = [0, 0, 0, 0];
  const dataset: Dataset = {
    ...{ name: 'counting', classes: ['a', 'b'], ids: ['0', '1', '2', '3'], imageSource: String },
    load: async (index) => {
      loads[index]! += 1;
      const size = { width: 2, height: 2 };
      return {
        id: String(index),
        image: { ...size, data: new Uint8Array(12).fill(index) },
        label: { ...size, data: new Uint8Array(4).fill(index % 2) },
      };
    },
    loadLabel: async () => ({ width: 2, height: 2, data: new Uint8Array(4) }),
  };
  return { dataset, loads };
}

describe('keepingSamples', () => {
  it('reads each sample once', async () => {
    const { dataset, loads } = countingDataset();
    const keeping = keepingSamples(dataset, { bytes: 64 });
    const first = await keeping.load(2);
    for (const index of [0, 1, 2, 3, 2, 1, 0]) {
      expect(await keeping.load(index)).toEqual(await dataset.load(index));
    }
    expect(await keeping.load(2)).toBe(first);
    expect(loads.map((count) => count - 1)).toEqual([2, 2, 2, 1]); // all but one of them for comparing
  });

  it('keeps no more than there is room for, and reads the others again', async () => {
    const { dataset, loads } = countingDataset();
    const keeping = keepingSamples(dataset, { bytes: 40 });
    for (let pass = 0; pass < 3; pass++) for (const index of [3, 1, 0, 2]) await keeping.load(index);
    expect(loads).toEqual([3, 1, 3, 1]);
  });

  it('keeps what was prepared', async () => {
    const { dataset } = countingDataset();
    const prepare = (sample: Sample) => ({ ...sample, id: `${sample.id}, prepared` });
    const keeping = keepingSamples(dataset, { prepare });
    await keeping.load(1);
    expect((await keeping.load(1)).id).toBe('1, prepared');
  });

  it('keeps the samples of other channels, too', async () => {
    const { dataset, loads } = countingDataset();
    const withChannels = async () => dataset;
    const keeping = await keepingSamples({ ...dataset, withChannels }).withChannels!(4);
    await keeping.load(0);
    await keeping.load(0);
    expect(loads[0]).toBe(1);
  });
});
