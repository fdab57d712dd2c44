import { describe, expect, it } from 'vitest';
import { isMeaningful, median, quantile, ratioOfMedians } from '../../../src/cli/bench/statistics.ts';

describe('median and quantile', () => {
  it('take the middle, or go between the two in the middle', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([7])).toBe(7);
  });

  it('do as NumPy does', () => {
    // numpy.quantile([10, 1, 5, 3], q)
    expect(quantile([10, 1, 5, 3], 0)).toBe(1);
    expect(quantile([10, 1, 5, 3], 0.25)).toBe(2.5);
    expect(quantile([10, 1, 5, 3], 0.9)).toBeCloseTo(8.5, 12);
    expect(quantile([10, 1, 5, 3], 1)).toBe(10);
  });

  it('leave the values in their order', () => {
    const values = [3, 1, 2];
    median(values);
    expect(values).toEqual([3, 1, 2]);
  });
});

describe('ratioOfMedians', () => {
  it('is exact where all rounds are the same', () => {
    const ratio = ratioOfMedians([2, 2, 2], [4, 4, 4]);
    expect(ratio).toEqual({ value: 0.5, low: 0.5, high: 0.5 });
    expect(isMeaningful(ratio)).toBe(true);
  });

  it('is the same every time', () => {
    const [ours, theirs] = [
      [1.1, 1.3, 1, 1.2, 1.15],
      [2, 2.2, 1.9, 2.1, 2.4],
    ];
    expect(ratioOfMedians(ours!, theirs!)).toEqual(ratioOfMedians(ours!, theirs!));
  });

  it('has an interval around it that stays within what was seen', () => {
    const ours = [100, 110, 104, 98, 120, 101, 103];
    const theirs = [200, 215, 190, 205, 230, 199, 201];
    const { value, low, high } = ratioOfMedians(ours, theirs);
    expect(value).toBe(103 / 201);
    expect(low).toBeLessThan(value);
    expect(high).toBeGreaterThan(value);
    expect(low).toBeGreaterThanOrEqual(98 / 230);
    expect(high).toBeLessThanOrEqual(120 / 190);
  });

  it('does not take for spread what slows both down in the same rounds', () => {
    const ours = [1, 2, 1, 2, 1, 2, 1];
    const both = ratioOfMedians(
      ours,
      ours.map((value) => 2 * value),
    );
    expect(both).toEqual({ value: 0.5, low: 0.5, high: 0.5 });
  });

  it('says that a ratio means nothing when the rounds differ more than what is compared', () => {
    expect(isMeaningful(ratioOfMedians([1, 3, 1.2, 2.8, 1.1], [2, 2, 2, 2, 2]))).toBe(false);
    expect(isMeaningful({ value: 0.6, low: 0.54, high: 0.68 })).toBe(true);
    expect(isMeaningful({ value: 0.6, low: 0.5, high: 0.68 })).toBe(false);
  });
});
