import { type Affine, affineOf, type Range } from '../../engine/rewrites/eight-bits/affine.ts';

/** The numbers that were seen on an edge: the least and the greatest of all, and some drawn at random, in ascending order. */
export interface Observation extends Range {
  readonly drawn: Float32Array;
}

/**
 * How the range that bytes span follows from the numbers that were seen: all of them, all but the rarest at each end, or that
 * which makes the mean squared error of the bytes least. What is beyond the range becomes its ends.
 */
export const calibrations = ['min-max', 'percentile-99.99', 'percentile-99.9', 'mean-squared-error'] as const;
export type Calibration = (typeof calibrations)[number];

export function rangeOf(observation: Observation, calibration: Calibration): Range {
  const { low, high } = observation;
  if (calibration === 'min-max') return { low, high };
  if (calibration === 'mean-squared-error') return ofLeastError(observation);
  return betweenPercentiles(observation, Number(calibration.slice('percentile-'.length)) / 100);
}

/** Numbers from one end of the range to the other, but for the fraction 1 - `share` at each. */
function betweenPercentiles({ low, high, drawn }: Observation, share: number): Range {
  const last = drawn.length - 1;
  if (last < 0) return { low, high };
  const beyond = Math.round((1 - share) * last);
  return { low: drawn[beyond]!, high: drawn[last - beyond]! };
}

/** Shares of the whole range that are tried. */
const shares = Array.from({ length: 96 }, (_, i) => 1 - i / 100);

/** The range, both ends drawn in by one factor, whose bytes are nearest to the numbers. */
function ofLeastError({ low, high, drawn }: Observation): Range {
  const ranges = shares.map((share) => ({ low: low * share, high: high * share }));
  const errors = ranges.map((range) => squaredError(drawn, affineOf(range)));
  return ranges[errors.indexOf(Math.min(...errors))]!;
}

/** The sum of squares of what numbers lose as bytes. */
export function squaredError(numbers: Float32Array, { scale, zeroPoint }: Affine): number {
  let sum = 0;
  for (let i = 0; i < numbers.length; i++) {
    const byte = Math.min(255, Math.max(0, Math.round(numbers[i]! / scale) + zeroPoint));
    sum += (numbers[i]! - scale * (byte - zeroPoint)) ** 2;
  }
  return sum;
}
