import { describe, expect, it } from 'vitest';
import { checkSchedule, learningRateAt } from '../../src/training/learning-rate.ts';

const settings = { learningRate: 0.5, iterations: 10, stepEvery: 3, stepFactor: 0.1 };
const ratesOf = (schedule: 'constant' | 'step' | 'poly') =>
  Array.from({ length: 10 }, (_, iteration) => learningRateAt({ ...settings, schedule }, iteration));

describe('learningRateAt', () => {
  it('stays with schedule constant', () => {
    expect(ratesOf('constant')).toEqual(new Array(10).fill(0.5));
  });

  it('falls after every third iteration with schedule step, as StepLR(step_size=3, gamma=0.1)', () => {
    // The values that PyTorch 1.13's torch.optim.lr_scheduler.StepLR gives for these ten updates.
    const expected = [0.5, 0.5, 0.5, 0.05, 0.05, 0.05, 0.005, 0.005, 0.005, 0.0005];
    ratesOf('step').forEach((rate, i) => {
      expect(rate).toBeCloseTo(expected[i]!, 12);
    });
  });

  it('falls to nothing with schedule poly, as PolynomialLR(total_iters=10, power=0.9)', () => {
    // The values of PyTorch's closed form: base * (1 - i / total) ** power.
    const rates = ratesOf('poly');
    expect(rates[0]).toBe(0.5);
    expect(rates[5]).toBeCloseTo(0.2679433656340733, 12);
    expect(rates[9]).toBeCloseTo(0.06294627058970835, 12);
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
