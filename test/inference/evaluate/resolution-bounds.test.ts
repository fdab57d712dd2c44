import { describe, expect, it } from 'vitest';
import { random } from '../../../src/base/rng.ts';
import type { Dataset } from '../../../src/data/datasets/dataset.ts';
import { openDataset } from '../../../src/data/datasets/open.ts';
import { coarsen, resolutionBounds } from '../../../src/inference/evaluate/resolution-bounds.ts';

describe('coarsen', () => {
  it('gives each cell the class that most of its labeled pixels have', () => {
    const data = [...[0, 1, 2, 2, 3], ...[1, 1, 1, 1, 4], ...[255, 255, 5, 255, 255]];
    const expected = [
      ...[1, 1, 1, 1, 3], // a tie of 1 and 2, and one of 3 and 4
      ...[1, 1, 1, 1, 3],
      ...[0, 0, 5, 5, 0], // cells that are cut off by the border, and cells of void
    ];
    const label = { width: 5, height: 3, data: Uint8Array.from(data) };
    expect([...coarsen(label, 2).data]).toEqual(expected);
    expect([...coarsen(label, 128).data]).toEqual(Array(15).fill(1));
  });

  it('is right in more pixels than any other choice of a class for each cell', () => {
    const stream = random('cells');
    const label = { width: 12, height: 8, data: Uint8Array.from({ length: 96 }, () => stream.integer(4)) };
    const right = (prediction: ArrayLike<number>) =>
      label.data.filter((truth, i) => truth === prediction[i]).length;
    const best = right(coarsen(label, 4).data);
    for (let round = 0; round < 50; round++) {
      const classes = Array.from({ length: 6 }, () => stream.integer(4));
      const cellOf = (i: number) => 3 * Math.floor(i / 12 / 4) + Math.floor((i % 12) / 4);
      expect(right(Array.from({ length: 96 }, (_, i) => classes[cellOf(i)]!))).toBeLessThanOrEqual(best);
    }
  });
});

describe('resolutionBounds', () => {
  it('are worked out over all labels at once', async () => {
    // Two images of 256x256: all of class 0, and class 1 but for a top left corner of 0, a quarter of a 128-cell.
    const labels = [new Uint8Array(256 ** 2), new Uint8Array(256 ** 2).fill(1)];
    for (let y = 0; y < 64; y++) labels[1]!.fill(0, y * 256, y * 256 + 64);
    const dataset = {
      ...{ name: 'two', classes: ['a', 'b'], ids: ['0', '1'] },
      loadLabel: async (index: number) => ({ width: 256, height: 256, data: labels[index]! }),
    } as unknown as Dataset;
    const counts: number[] = [];
    const bounds = await resolutionBounds(dataset, (done) => counts.push(done));
    expect(counts).toEqual([1, 2]);
    // At 128 the corner is lost: 64 * 64 of class 0 are taken for class 1.
    const [all, corner] = [256 ** 2, 64 ** 2];
    const lost = (all / (all + corner) + (all - corner) / all) / 2;
    expect(bounds.map(({ factor }) => factor)).toEqual([128, 64, 32, 16, 8, 4]);
    expect(bounds[0]!.meanIoU).toBeCloseTo(lost, 12);
    expect(bounds.slice(1).map(({ meanIoU }) => meanIoU)).toEqual(Array(5).fill(1));
  });

  it('rise with the resolution on images of shapes', async () => {
    const bounds = await resolutionBounds(await openDataset('shapes:?val=10', 'val'));
    const values = bounds.map(({ meanIoU }) => meanIoU);
    expect(values).toEqual(values.toSorted((a, b) => a - b));
    expect(values[0]).toBeLessThan(0.3);
    expect(values.at(-1)).toBeGreaterThan(0.8);
    expect(values.at(-1)).toBeLessThan(1);
  });
});
