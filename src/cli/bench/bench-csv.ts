import { availableParallelism } from 'node:os';
import { version } from '../../base/version.ts';
import type { Measurement, Settings } from './benchmark.ts';
import { findingsOf } from './findings.ts';
import { shareOutside } from './outside.ts';
import { median, quantile } from './statistics.ts';

export const benchColumns = [
  ...['version', 'contender', 'mode', 'model', 'width', 'height', 'image_width', 'threads', 'cores'],
  ...['median_ms', 'min_ms', 'max_ms', 'rounds', 'peak_rss_mb', 'q1_ms', 'q3_ms'],
  ...['ratio', 'ratio_low', 'ratio_high', 'at_most', 'memory_ratio', 'memory_at_most'],
];

/** A line for each contender of each row; ratios stand with ours. What is not known stays empty. */
export function benchCsv(measurements: readonly Measurement[], settings: Settings): string {
  return [benchColumns, ...measurements.flatMap((each) => linesOf(each, settings))]
    .map((line) => `${line.join(',')}\n`)
    .join('');
}

function linesOf(measurement: Measurement, { model, width, threads, images }: Settings): unknown[][] {
  const { row, results, timeOfRun } = measurement;
  const place = [row.kind, model, width, row.height, row.width, threads, availableParallelism()];
  const empty = (count: number) => new Array(count).fill('');
  if (timeOfRun) {
    const share = shareOutside(timeOfRun).toFixed(5);
    return [[version, 'fcn', ...place, ...empty(7), share, ...empty(2), row.atMost ?? '', ...empty(2)]];
  }
  const [time, memory] = findingsOf(measurement, images);
  const ratio = typeof time!.ratio === 'object' ? time!.ratio : undefined;
  const comparison = [
    ...[ratio?.value, ratio?.low, ratio?.high].map((value) => value?.toFixed(4) ?? ''),
    row.atMost ?? '',
    typeof memory?.ratio === 'number' ? memory.ratio.toFixed(4) : '',
    row.memoryAtMost ?? '',
  ];
  return results.map(({ name, times, peakRssMb }, i) => {
    const figures = [median(times), Math.min(...times), Math.max(...times)];
    const quartiles = [quantile(times, 0.25), quantile(times, 0.75)];
    const ms = (values: number[]) => values.map((value) => (times.length > 0 ? value.toFixed(1) : ''));
    return [
      ...[version, name.replace(',', ''), ...place, ...ms(figures), times.length],
      ...[peakRssMb?.toFixed(0) ?? '', ...ms(quartiles), ...(i === 0 ? comparison : empty(6))],
    ];
  });
}
