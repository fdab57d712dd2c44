import { describe, expect, it } from 'vitest';
import { random } from '../../src/base/rng.ts';
import { drawMasks } from '../../src/training/dropout-masks.ts';

describe('dropout masks', () => {
  const shapesOf = (images: number) =>
    new Map([
      ['a', [images, 3, 3, 5]],
      ['b', [images, 2, 1, 1]],
    ]); // odd numbers of elements, too
  const streamOf = (sample: number) => random(7, 'dropout', sample);

  it('of a sample are the same, whatever samples are in its batch', () => {
    const together = drawMasks(shapesOf(3), 0.4, [4, 5, 6].map(streamOf));
    for (const [i, sample] of [4, 5, 6].entries()) {
      const alone = drawMasks(shapesOf(1), 0.4, [streamOf(sample)]);
      for (const name of ['a', 'b']) {
        const each = alone[name]!.data.length;
        expect(together[name]!.data.slice(i * each, (i + 1) * each), `${name} of ${sample}`).toEqual(
          alone[name]!.data,
        );
      }
    }
  });

  it('keep their share', () => {
    const { mask } = drawMasks(new Map([['mask', [2, 100, 10, 10]]]), 0.3, [streamOf(0), streamOf(1)]);
    const kept = mask!.data.reduce((sum, value) => sum + value, 0) / mask!.data.length;
    expect(Math.abs(kept - 0.7)).toBeLessThan(0.02);
  });
});
