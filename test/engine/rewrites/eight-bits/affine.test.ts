import { describe, expect, it } from 'vitest';
import { type Affine, affineOf } from '../../../../src/engine/rewrites/eight-bits/affine.ts';

/** What is left of a number that was a byte. */
function roundTrip(value: number, { scale, zeroPoint }: Affine): number {
  const byte = Math.min(255, Math.max(0, Math.round(value / scale) + zeroPoint));
  return scale * (byte - zeroPoint);
}

describe('affineOf', () => {
  it.each([
    [0, 6],
    [-1, 3],
    [-123.7, 151],
    [-2, -1],
    [1e-30, 2e-30],
  ])('stands for zero exactly and for numbers from %d to %d within half a step', (low, high) => {
    const affine = affineOf({ low, high });
    expect(Math.fround(affine.scale)).toBe(affine.scale);
    expect(roundTrip(0, affine)).toBe(0);
    for (let i = 0; i <= 1000; i++) {
      const value = low + ((high - low) * i) / 1000;
      // At the ends of the range another half step, as zero has moved the bytes.
      expect(Math.abs(roundTrip(value, affine) - value)).toBeLessThanOrEqual(affine.scale * 1.001);
    }
  });

  it('has a scale where all numbers are zero', () => {
    expect(affineOf({ low: 0, high: 0 })).toEqual({ scale: 1, zeroPoint: 0 });
  });

  it('makes numbers beyond the range its ends', () => {
    const affine = affineOf({ low: -10, high: 245 });
    expect([-11, -10.4, 244.6, 1e9].map((value) => roundTrip(value, affine))).toEqual([-10, -10, 245, 245]);
  });
});
