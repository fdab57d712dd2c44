import { describe, expect, it } from 'vitest';
import { type Point, sweepNames, workloadsOf } from '../../../src/cli/bench/growth.ts';
import { growthCsv } from '../../../src/cli/bench/growth-csv.ts';
import { growthPlot } from '../../../src/cli/bench/growth-plot.ts';
import { renderCharts, ticksTo } from '../../../src/cli/bench/line-charts.ts';

const network = { model: 'fcn8s', width: 0.5 } as const;

describe('the points of a sweep', () => {
  it('differ in one thing, and all sweeps meet in the middle', () => {
    const middle = {
      ...network,
      mode: 'train',
      classes: 21,
      height: 224,
      imageWidth: 224,
      batch: 1,
      threads: 2,
    };
    for (const sweep of sweepNames) {
      const training = workloadsOf(sweep, network).filter(({ workload }) => workload.mode === 'train');
      const sameAsMiddle = training.filter(({ workload }) => {
        return Object.entries(middle).every(
          ([name, value]) => workload[name as keyof typeof workload] === value,
        );
      });
      expect(sameAsMiddle, sweep).toHaveLength(1);
      expect(new Set(training.map(({ value }) => value)).size).toBe(training.length);
    }
  });

  it('are inferences too, but not of batches', () => {
    const modes = (sweep: (typeof sweepNames)[number]) =>
      new Set(workloadsOf(sweep, network).map(({ workload }) => workload.mode));
    expect(modes('batch')).toEqual(new Set(['train']));
    expect(modes('classes')).toEqual(new Set(['train', 'infer']));
  });
});

const points = workloadsOf('area', network).map(({ value, workload }): Point => {
  const figures = { gflop: 20, gflopPerSecond: 2000, fraction: 10 };
  return {
    sweep: 'area',
    value,
    workload,
    contender: 'fcn',
    times: [10, 30, 20],
    peakRssMb: 512,
    ...figures,
  };
});
const growth = { points, best: new Map([[2, 200]]) };

describe('the figures', () => {
  it('are lines of a CSV as long as its header', () => {
    const lines = growthCsv(growth).trimEnd().split('\n');
    expect(lines).toHaveLength(2 + points.length);
    expect(new Set(lines.map((line) => line.split(',').length)).size).toBe(1);
    expect(lines[2]).toMatch(
      /,fcn,area,train,fcn8s,0\.5,96,96,1,21,2,\d+,20\.0,10\.0,30\.0,3,512,20\.00,2000\.0,10\.000$/,
    );
  });

  it('are charts: time, memory and rate, each with a curve of training and one of inference', () => {
    const svg = growthPlot('a & b', growth);
    expect(svg).toContain('a &amp; b');
    expect(svg.match(/seconds a step|peak memory, GB|GFLOP\/s, counting/g)).toHaveLength(3);
    expect(svg.match(/<circle/g)).toHaveLength(3 * points.length);
    expect(svg.match(/stroke-dasharray/g)).toHaveLength(2); // one large convolution, and its place in the legend
    expect(svg).not.toContain('NaN');
  });
});

describe('charts', () => {
  it('have marks at round numbers that reach as far as the values', () => {
    expect(ticksTo(0.58)).toEqual([0, 0.2, 0.4, 0.6]);
    expect(ticksTo(100)).toEqual([0, 20, 40, 60, 80, 100]);
    expect(ticksTo(2)).toEqual([0, 0.5, 1, 1.5, 2]);
    expect(ticksTo(200_704)).toEqual([0, 50_000, 100_000, 150_000, 200_000, 250_000]);
    expect(ticksTo(0)).toEqual([0, 0.2]);
  });

  it('put values where the marks say', () => {
    const line = { name: 'line', color: '#000', points: [[0, 0] as const, [10, 5] as const] };
    const svg = renderCharts('', [[{ title: 't', xLabel: 'x', lines: [line] }]]);
    const [, x0, y0, x1, y1] = /<path d="M([\d.]+) ([\d.]+)L([\d.]+) ([\d.]+)"/.exec(svg)!.map(Number);
    const markAt = (text: string) =>
      new RegExp(`x="([\\d.]+)" y="([\\d.]+)" [^>]*>${text}<`).exec(svg)!.map(Number);
    expect(x1).toBe(markAt('10')[1]);
    expect(x0).toBeLessThan(x1!);
    expect(y1).toBe(markAt('5')[2]! - 4); // the text stands 4 below its line
    expect(y0).toBeGreaterThan(y1!);
  });
});
