import { describe, expect, it } from 'vitest';
import { random } from '../../../src/base/rng.ts';
import { curvesOf, smooth } from '../../../src/viewing/report/curves.ts';
import { stageOf } from './example-run.ts';

describe('curvesOf', () => {
  it('puts the stages one after the other', () => {
    const { loss, validation, stages, end } = curvesOf([
      stageOf('32s', [4, 3], [2]),
      stageOf('16s', [2, 1], [1, 2]),
    ]);
    expect(loss.iteration).toEqual([1, 2, 3, 4]);
    expect(loss.loss).toEqual([4, 3, 2, 1]);
    expect(validation.iteration).toEqual([2, 3, 4]);
    expect(validation.meanIoU).toEqual([0.6, 0.6, 0.6]);
    expect(stages).toEqual([
      { name: '32s', start: 0 },
      { name: '16s', start: 2 },
    ]);
    expect(end).toBe(4);
  });

  it('shows a long run in at most 2000 points and loses no spike', () => {
    const stream = random('curves');
    const losses = () => Array.from({ length: 33_333 }, () => 1 + stream.uniform());
    const [first, second] = [losses(), losses()];
    first[12_345] = 50;
    second[20_000] = 0.01;
    const { loss } = curvesOf([stageOf('a', first), stageOf('b', second), stageOf('c', [1])]);
    expect(loss.iteration.length).toBeGreaterThan(1000);
    expect(loss.iteration.length).toBeLessThanOrEqual(2000);
    expect(loss.loss[loss.iteration.indexOf(12_346)]).toBe(50);
    expect(loss.loss[loss.iteration.indexOf(33_333 + 20_001)]).toBe(0.01);
    expect(loss.iteration).toEqual([...loss.iteration].sort((a, b) => a - b));
  });

  it('turns a loss that is not finite into a gap that hides no neighbor', () => {
    const losses = Array.from({ length: 10_000 }, (_, i) => (i % 2 === 0 ? 1 : Number.NaN));
    losses.fill(Number.POSITIVE_INFINITY, 9000);
    const { loss } = curvesOf([stageOf('a', losses)]);
    expect(loss.loss.filter((value) => value === 1).length).toBeGreaterThan(800);
    expect(loss.loss.at(-1)).toBeNull();
    expect(loss.smoothed.every((value) => value === 1)).toBe(true);
  });
});

describe('smooth', () => {
  it('begins at the first value and follows the mean of noise', () => {
    const stream = random('smooth');
    const values = Array.from({ length: 3000 }, () => 5 + stream.normal());
    const smoothed = smooth(values);
    expect(smoothed[0]).toBeCloseTo(values[0]!, 9);
    for (const value of smoothed.slice(300)) expect(Math.abs(value! - 5)).toBeLessThan(0.5);
  });

  it('leaves a constant as it is', () => {
    for (const value of smooth(new Array(100).fill(3))) expect(value).toBeCloseTo(3, 12);
  });
});
