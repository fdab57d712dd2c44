import { availableParallelism } from 'node:os';
import { version } from '../../base/version.ts';
import type { Growth } from './growth.ts';
import { median } from './statistics.ts';

export const growthColumns = [
  ...['version', 'contender', 'sweep', 'mode', 'model', 'width', 'height', 'image_width', 'batch', 'classes'],
  ...['threads', 'cores', 'median_ms', 'min_ms', 'max_ms', 'rounds', 'peak_rss_mb', 'gflop', 'gflop_per_s'],
  'fraction_of_convolution',
];

/** A line for each point of each sweep, those of one large convolution first. */
export function growthCsv({ points, best }: Growth): string {
  const cores = availableParallelism();
  const convolutions = [...best].map(([threads, rate]) => [
    ...[
      version,
      'fcn',
      'convolution',
      'infer',
      '256 to 256 channels 3x3',
      '',
      112,
      112,
      1,
      '',
      threads,
      cores,
    ],
    ...['', '', '', '', '', '', rate.toFixed(1), 1],
  ]);
  const lines = points.map(({ sweep, workload: w, contender, times, ...point }) => [
    ...[version, contender.replace(',', ''), sweep, w.mode, w.model, w.width, w.height, w.imageWidth],
    ...[w.batch, w.classes, w.threads, cores],
    ...[median(times), Math.min(...times), Math.max(...times)].map((ms) => ms.toFixed(1)),
    ...[times.length, point.peakRssMb.toFixed(0), point.gflop.toFixed(2), point.gflopPerSecond.toFixed(1)],
    point.fraction.toFixed(3),
  ]);
  return [growthColumns, ...convolutions, ...lines].map((line) => `${line.join(',')}\n`).join('');
}
