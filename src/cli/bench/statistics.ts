import { random } from '../../base/rng.ts';

/** Middle value; the mean of the two middle ones for an even count. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The value below which this share of the values lies, between two of them by proportion. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const position = share * (sorted.length - 1);
  const [below, above] = [sorted[Math.floor(position)]!, sorted[Math.ceil(position)]!];
  return below + (above - below) * (position - Math.floor(position));
}

/** A ratio of two medians, and the interval that holds it in 95 of 100 repetitions. */
export interface Ratio {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

const resamplings = 2000;

/**
 * The median of `ours` divided by that of `theirs`, measured in the same rounds: as many values in both. The interval is
 * that of the bootstrap (Efron 1979): rounds are drawn with replacement, and the ratio is computed anew.
 */
export function ratioOfMedians(ours: readonly number[], theirs: readonly number[]): Ratio {
  const stream = random('bootstrap');
  const ratios = Array.from({ length: resamplings }, () => {
    const rounds = ours.map(() => stream.integer(ours.length));
    return median(rounds.map((i) => ours[i]!)) / median(rounds.map((i) => theirs[i]!));
  });
  return {
    value: median(ours) / median(theirs),
    low: quantile(ratios, 0.025),
    high: quantile(ratios, 0.975),
  };
}

/** The widest interval of a ratio that still says something, as a share of the ratio. */
export const widestInterval = 0.25;

/** Whether a ratio may be printed: few rounds, or rounds that differ much, leave it open. */
export function isMeaningful({ value, low, high }: Ratio): boolean {
  return high - low <= widestInterval * value;
}
