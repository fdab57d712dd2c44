import type { Measurement } from './benchmark.ts';
import { shareOutside } from './outside.ts';
import { fastestOf, type Result } from './race.ts';
import { titleOf } from './rows.ts';
import { isMeaningful, type Ratio, ratioOfMedians } from './statistics.ts';

/** A line of the table: what was compared, and what came of it. */
export interface Finding {
  readonly title: string;
  readonly ours: Side;
  /** The best of the others at this; undefined where there is none. */
  readonly theirs?: Side;
  /** Without an interval where there is one figure of each: peak memory. Undefined where nothing was compared. */
  readonly ratio?: Ratio | number;
  readonly atMost?: number | undefined;
}

export interface Side {
  readonly name: string;
  readonly unit: 'ms' | 'MB' | 'share';
  /** Of all rounds. */
  readonly values: readonly number[];
}

/** The time of a row and the memory that it took, each beside the other that is best at it. */
export function findingsOf({ row, results, timeOfRun }: Measurement, images: number): Finding[] {
  const title = titleOf(row, images);
  if (timeOfRun) {
    const share = shareOutside(timeOfRun);
    const ours: Side = { name: 'fcn', unit: 'share', values: [share] };
    return [{ title, ours, ratio: share, atMost: row.atMost }];
  }
  const [ours, ...peers] = results as [Result, ...Result[]];
  const time = (side: Result): Side => ({ name: side.name, unit: 'ms', values: side.times });
  const fastest = fastestOf(peers);
  const findings: Finding[] = [
    {
      ...{ title, ours: time(ours), atMost: row.atMost },
      ...(fastest && { theirs: time(fastest), ratio: ratioOfMedians(ours.times, fastest.times) }),
    },
  ];
  if (ours.peakRssMb === undefined) return findings;
  const memory = ({ name, peakRssMb }: Result): Side => ({ name, unit: 'MB', values: [peakRssMb!] });
  const leanest = peers
    .filter(({ peakRssMb }) => peakRssMb !== undefined)
    .sort((a, b) => a.peakRssMb! - b.peakRssMb!)[0];
  findings.push({
    ...{ title: 'peak memory of this process', ours: memory(ours), atMost: row.memoryAtMost },
    ...(leanest && { theirs: memory(leanest), ratio: ours.peakRssMb / leanest.peakRssMb! }),
  });
  return findings;
}

/** Whether a target is reached; undefined where there is none, or the spread hides the ratio. */
export function isMet({ ratio, atMost }: Finding): boolean | undefined {
  if (ratio === undefined || atMost === undefined) return undefined;
  if (typeof ratio === 'number') return ratio <= atMost;
  return isMeaningful(ratio) ? ratio.value <= atMost : undefined;
}
