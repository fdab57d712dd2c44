import { describe, expect, it } from 'vitest';
import { random } from '../../../src/base/rng.ts';
import { affineOf } from '../../../src/engine/rewrites/eight-bits/affine.ts';
import { type Observation, rangeOf } from '../../../src/inference/quantize/ranges.ts';

const stream = random('test', 'ranges');

function observationOf(numbers: readonly number[]): Observation {
  const drawn = Float32Array.from(numbers).sort();
  return { low: Math.min(0, drawn[0]!), high: Math.max(0, drawn.at(-1)!), drawn };
}

/** Numbers as activations are, the largest of which, seen by nobody, is far away. */
const normal = Array.from({ length: 20_000 }, () => stream.normal());
const far = { ...observationOf(normal), low: -30, high: 60 };
const rectified = observationOf(normal.map((number) => Math.max(0, number) ** 3));

describe('rangeOf', () => {
  it('spans all numbers, or all but the rarest', () => {
    const numbers = observationOf(Array.from({ length: 10_001 }, (_, i) => i - 4000));
    expect(rangeOf(numbers, 'min-max')).toEqual({ low: -4000, high: 6000 });
    expect(rangeOf(numbers, 'percentile-99.9')).toEqual({ low: -3990, high: 5990 });
    expect(rangeOf(numbers, 'percentile-99.99')).toEqual({ low: -3999, high: 5999 });
  });

  it.each([
    ['normal', far],
    ['rectified', rectified],
  ])('finds the range of the least squared error among all thresholds, for %s numbers', (_, observation) => {
    const chosen = meanSquaredError(observation, rangeOf(observation, 'mean-squared-error'));
    let least = Number.POSITIVE_INFINITY;
    for (let threshold = 0.005; threshold <= 1; threshold += 0.005) {
      const range = { low: observation.low * threshold, high: observation.high * threshold };
      least = Math.min(least, meanSquaredError(observation, range));
    }
    expect(chosen / least).toBeLessThan(1.02);
    expect(chosen).toBeLessThanOrEqual(meanSquaredError(observation, observation));
  });

  it('cuts off what is far away where that makes the others more exact', () => {
    const { low, high } = rangeOf(far, 'mean-squared-error');
    expect(high).toBeLessThan(10);
    expect(low / high).toBeCloseTo(-0.5, 9);
  });
});

/** By a table of all that 256 bytes stand for: each number becomes the nearest. */
function meanSquaredError({ drawn }: Observation, range: { low: number; high: number }): number {
  const { scale, zeroPoint } = affineOf(range);
  const table = Array.from({ length: 256 }, (_, byte) => (byte - zeroPoint) * scale);
  let sum = 0;
  let nearest = 0;
  for (const number of drawn) {
    while (nearest < 255 && Math.abs(table[nearest + 1]! - number) <= Math.abs(table[nearest]! - number)) {
      nearest++;
    }
    sum += (table[nearest]! - number) ** 2;
  }
  return sum / drawn.length;
}
