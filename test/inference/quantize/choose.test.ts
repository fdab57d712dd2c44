import { describe, expect, it } from 'vitest';
import { type Choice, choose } from '../../../src/inference/quantize/choose.ts';
import type { Calibration } from '../../../src/inference/quantize/ranges.ts';

/** Pixels that change by the calibration, and what layers add to that unless they stay float32. */
const byCalibration: Record<Calibration, number> = {
  'min-max': 0.05,
  'percentile-99.99': 0.03,
  'percentile-99.9': 0.04,
  'mean-squared-error': 0.02,
};
const byLayer: Record<string, number> = { a: 0.001, b: 0.01, c: 0, d: 0.004 };

async function changedBy({ calibration, floatLayers }: Choice): Promise<number> {
  const ofLayers = Object.entries(byLayer).filter(([layer]) => !floatLayers.includes(layer));
  return ofLayers.reduce((sum, [, changed]) => sum + changed, byCalibration[calibration]);
}

const layers = Object.keys(byLayer);

describe('choose', () => {
  it('takes the calibration that changes least, then leaves the costly layers in float32, the costliest first', async () => {
    const trials = await choose(layers, {}, changedBy);
    expect(trials.at(-1)).toMatchObject({ calibration: 'mean-squared-error', floatLayers: ['b', 'd'] });
    expect(trials.at(-1)!.changed).toBeCloseTo(0.021, 9);
    expect(trials).toHaveLength(4 + 4 + 2);
  });

  it('stays with all numbers where nothing else is clearly better', async () => {
    const close = { ...byCalibration, 'min-max': 0.021 };
    const trials = await choose(layers, { floatLayers: [] }, async ({ calibration }) => close[calibration]);
    expect(trials.at(-1)).toMatchObject({ calibration: 'min-max', changed: 0.021 });
  });

  it('tries nothing that is given', async () => {
    const given = await choose(layers, { calibration: 'min-max', floatLayers: ['c'] }, changedBy);
    expect(given).toEqual([
      { calibration: 'min-max', floatLayers: ['c'], changed: expect.closeTo(0.065, 9) },
    ]);
    const calibrated = await choose(layers, { calibration: 'min-max' }, changedBy);
    expect(calibrated.at(-1)).toMatchObject({ calibration: 'min-max', floatLayers: ['b', 'd'] });
    const layered = await choose(layers, { floatLayers: [] }, changedBy);
    expect(layered.at(-1)).toMatchObject({ calibration: 'mean-squared-error', floatLayers: [] });
    expect(layered).toHaveLength(4);
  });

  it('looks at no layer where nearly all pixels keep their class', async () => {
    const trials = await choose(layers, {}, async (choice) => (await changedBy(choice)) / 4);
    expect(trials).toHaveLength(4);
    expect(trials.at(-1)!.floatLayers).toEqual([]);
  });
});
