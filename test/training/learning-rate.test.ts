import { describe, expect, it } from 'vitest';
import { checkSchedule, checkWarmup, learningRateAt } from '../../src/training/learning-rate.ts';
import type { Schedule } from '../../src/training/recipes.ts';

const settings = { learningRate: 0.5, iterations: 10, stepEvery: 3, stepFactor: 0.1 };
const ratesOf = (schedule: Schedule, warmup?: number) =>
  Array.from({ length: 10 }, (_, iteration) => learningRateAt({ ...settings, schedule, warmup }, iteration));
const expectRates = (rates: readonly number[], expected: readonly number[]) => {
  expect(rates.length).toBe(expected.length);
  for (const [i, rate] of rates.entries()) expect(rate, `${i}`).toBeCloseTo(expected[i]!, 12);
};

describe('learningRateAt', () => {
  it('stays with schedule constant', () => {
    expect(ratesOf('constant')).toEqual(new Array(10).fill(0.5));
  });

  it('falls after every third iteration with schedule step, as StepLR(step_size=3, gamma=0.1)', () => {
    // The values that PyTorch 1.13's torch.optim.lr_scheduler.StepLR gives for these ten updates.
    const expected = [0.5, 0.5, 0.5, 0.05, 0.05, 0.05, 0.005, 0.005, 0.005, 0.0005];
    expectRates(ratesOf('step'), expected);
  });

  it('falls to nothing with schedule poly, as PolynomialLR(total_iters=10, power=0.9)', () => {
    // The values of PyTorch's closed form: base * (1 - i / total) ** power.
    const rates = ratesOf('poly');
    expect(rates[0]).toBe(0.5);
    expect(rates[5]).toBeCloseTo(0.2679433656340733, 12);
    expect(rates[9]).toBeCloseTo(0.06294627058970835, 12);
  });

  // The values of PyTorch 1.13's schedulers for these ten updates.
  it('falls to nothing with schedule cosine, as CosineAnnealingLR(T_max=10)', () => {
    const expected = [
      ...[0.5, 0.4877641290737884, 0.45225424859373686, 0.3969463130731183, 0.32725424859373686, 0.25],
      ...[0.17274575140626316, 0.10305368692688174, 0.047745751406263165, 0.012235870926211617],
    ];
    expectRates(ratesOf('cosine'), expected);
  });

  it('rises in a line at first with a warm-up of 4, as LinearLR(start_factor=1/4, total_iters=3)', () => {
    expectRates(ratesOf('constant', 4), [0.125, 0.25, 0.375, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]);
    expectRates(ratesOf('constant', 0), ratesOf('constant'));
  });

  it('multiplies warm-up and schedule, as ChainedScheduler of LinearLR and StepLR', () => {
    const expected = [0.125, 0.25, 0.375, 0.05, 0.05, 0.05, 0.005, 0.005, 0.005, 0.0005];
    expectRates(ratesOf('step', 4), expected);
  });
});

describe('checkWarmup', () => {
  it('refuses a warm-up that the run would end in', () => {
    checkWarmup({ warmup: 0, iterations: 0 });
    checkWarmup({ warmup: 9, iterations: 10 });
    expect(() => checkWarmup({ warmup: 10, iterations: 10 })).toThrow(
      /^--warmup: got 10 iterations, expected fewer than the 10 of the run/,
    );
  });
});

describe('checkSchedule', () => {
  it('takes what belongs together', () => {
    checkSchedule({});
    checkSchedule({ schedule: 'poly' });
    checkSchedule({ schedule: 'step', stepEvery: 5 });
    checkSchedule({ schedule: 'step', stepEvery: 5, stepFactor: 0.5 });
  });

  it('refuses steps without a distance, and a distance without steps', () => {
    expect(() => checkSchedule({ schedule: 'step' })).toThrow(/--schedule: got step, .*--step-every/);
    expect(() => checkSchedule({ stepEvery: 5 })).toThrow(/--step-every: got 5 .*add --schedule step/);
    expect(() => checkSchedule({ schedule: 'poly', stepFactor: 0.5 })).toThrow(/--step-factor: got 0\.5/);
  });
});
