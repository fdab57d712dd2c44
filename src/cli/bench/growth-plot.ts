import { type Growth, type Point, type SweepName, sweepNames } from './growth.ts';
import { type Chart, type Line, renderCharts } from './line-charts.ts';
import { median } from './statistics.ts';

const axes: Record<SweepName, { label: string; divisor: number }> = {
  area: { label: 'thousand pixels of the image', divisor: 1000 },
  batch: { label: 'images in a batch', divisor: 1 },
  classes: { label: 'classes', divisor: 1 },
  width: { label: 'width of the network', divisor: 1 },
  threads: { label: 'threads', divisor: 1 },
};

const figures: readonly [title: string, of: (point: Point) => number][] = [
  ['seconds a step', ({ times }) => median(times) / 1000],
  ['peak memory, GB', ({ peakRssMb }) => peakRssMb / 1024],
  ['GFLOP/s, counting the layers as stated', ({ gflopPerSecond }) => gflopPerSecond],
];

const curves = [
  { name: 'training step', color: '#1f5fbf', has: (p: Point) => p.workload.mode === 'train' },
  { name: 'inference', color: '#c2570c', has: (p: Point) => p.workload.mode === 'infer' && isOurs(p) },
  { name: 'inference in PyTorch', color: '#777', has: (p: Point) => !isOurs(p) },
];

function isOurs({ contender }: Point): boolean {
  return contender === 'fcn';
}

/** A column of charts for each sweep, time, memory and rate below each other, as an SVG file. */
export function growthPlot(title: string, { points, best }: Growth): string {
  const sweeps = sweepNames.filter((name) => points.some(({ sweep }) => sweep === name));
  const rows = figures.map(([figure, of], row) =>
    sweeps.map((sweep): Chart => {
      const { label, divisor } = axes[sweep];
      const own = points.filter((point) => point.sweep === sweep);
      const lines = curves
        .map(({ name, color, has }): Line => {
          return { name, color, points: own.filter(has).map((point) => [point.value / divisor, of(point)]) };
        })
        .filter((line) => line.points.length > 0);
      const isRate = row === figures.length - 1;
      return {
        title: figure,
        xLabel: label,
        lines: isRate ? [...lines, bestLine(own, divisor, best)] : lines,
      };
    }),
  );
  return renderCharts(title, rows);
}

/** What one large convolution reaches on as many threads as each point has. */
function bestLine(points: readonly Point[], divisor: number, best: Growth['best']): Line {
  const rates = new Map(
    points.map(({ value, workload: { threads } }) => [value / divisor, best.get(threads)!]),
  );
  return { name: 'one large convolution', color: '#2e7d32', points: [...rates], isDashed: true };
}
