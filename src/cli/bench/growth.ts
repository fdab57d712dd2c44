import { counted } from '../../base/counted.ts';
import type { ModelName } from '../../networks/model-names.ts';
import { multiplicationsOf } from './arithmetic.ts';
import { startOurs, startPyTorch } from './contender.ts';
import { convolutionGigaMultiplications } from './large-convolution.ts';
import { fastestOf, type Result, race } from './race.ts';
import { median } from './statistics.ts';
import type { Workload } from './workload.ts';

/** What is varied, one at a time, around a 224x224 image, batch 1, VOC's classes, the width that was asked for. */
export const sweepNames = ['area', 'batch', 'classes', 'width', 'threads'] as const;
export type SweepName = (typeof sweepNames)[number];

const sides = [96, 160, 224, 320, 448];
const batches = [1, 2, 4];
const classCounts = [2, 21, 64, 150];
const widths = [0.25, 0.5, 0.75, 1];
const threadCounts = [1, 2];

/** A point of a sweep, and what was measured there. */
export interface Point {
  readonly sweep: SweepName;
  /** Of what is varied; of the area in pixels. */
  readonly value: number;
  readonly workload: Workload;
  readonly contender: string;
  readonly times: readonly number[];
  readonly peakRssMb: number;
  /** Multiplications and additions of a step, as the layers of the network state them. */
  readonly gflop: number;
  readonly gflopPerSecond: number;
  /** Of the rate of one large convolution on as many threads. */
  readonly fraction: number;
}

export interface GrowthSettings {
  readonly model: ModelName;
  readonly width: number;
  readonly sweeps: readonly SweepName[];
  /** Beside which inferences of images of every size are measured. */
  readonly python: string | undefined;
  readonly rounds?: number | undefined;
  readonly warmup?: number | undefined;
  readonly say: (line: string) => void;
}

export interface Growth {
  readonly points: readonly Point[];
  /** GFLOP/s of one large convolution by the number of threads: what the fractions are of. */
  readonly best: ReadonlyMap<number, number>;
}

/** Steps of a point: few, for there are many points. A training step takes longer, and differs less. */
const defaults = { train: { rounds: 3, warmup: 1 }, infer: { rounds: 3, warmup: 2 } } as const;

/** Measures every point in processes of its own, so that the peak memory is that of the point. */
export async function measureGrowth(settings: GrowthSettings): Promise<Growth> {
  const best = new Map<number, number>();
  for (const threads of threadCounts) best.set(threads, await bestRate(threads, settings));
  const measured = new Map<string, Promise<Result[]>>(); // the middle is part of every sweep
  const points: Point[] = [];
  for (const sweep of settings.sweeps) {
    for (const { value, workload } of workloadsOf(sweep, settings)) {
      const withPeer = sweep === 'area' && workload.mode === 'infer';
      const key = JSON.stringify(workload);
      if (!measured.has(key)) measured.set(key, measure(workload, withPeer, settings));
      const [ours, ...peers] = await measured.get(key)!;
      const peer = withPeer ? fastestOf(peers) : undefined;
      const shown = peer ? [ours!, peer] : [ours!];
      points.push(...shown.map((result) => pointOf(sweep, value, workload, result, best)));
    }
  }
  return { points, best };
}

/** What a sweep runs; an inference is of one image. */
export function workloadsOf(
  sweep: SweepName,
  { model, width }: Pick<GrowthSettings, 'model' | 'width'>,
): { value: number; workload: Workload }[] {
  const middle = { model, width, classes: 21, height: 224, imageWidth: 224, batch: 1, threads: 2 };
  const varied: Record<SweepName, [value: number, change: Partial<Workload>][]> = {
    area: sides.map((side) => [side * side, { height: side, imageWidth: side }]),
    batch: batches.map((batch) => [batch, { batch }]),
    classes: classCounts.map((classes) => [classes, { classes }]),
    width: widths.map((factor) => [factor * width, { width: factor * width }]),
    threads: threadCounts.map((threads) => [threads, { threads }]),
  };
  const modes = sweep === 'batch' ? (['train'] as const) : (['train', 'infer'] as const);
  return modes.flatMap((mode) =>
    varied[sweep].map(([value, change]) => ({ value, workload: { ...middle, mode, ...change } })),
  );
}

async function measure(workload: Workload, withPeer: boolean, settings: GrowthSettings): Promise<Result[]> {
  const { python, say } = settings;
  const { mode, height, batch, classes, width, threads } = workload;
  const { rounds, warmup } = { ...defaults[mode === 'train' ? 'train' : 'infer'], ...given(settings) };
  const peers = withPeer && python ? startPyTorch(python, workload) : [];
  const place = `${mode} side ${height}, batch ${batch}, ${classes} classes, width ${width}, ${counted(threads, 'thread')}`;
  return race([startOurs(workload), ...peers], {
    ...{ rounds, warmup },
    say: (line) => say(`${place}: ${line}`),
  });
}

function given({ rounds, warmup }: GrowthSettings) {
  return { ...(rounds !== undefined && { rounds }), ...(warmup !== undefined && { warmup }) };
}

function pointOf(
  sweep: SweepName,
  value: number,
  workload: Workload,
  { name, times, peakRssMb }: Result,
  best: Growth['best'],
): Point {
  const { mode, model, classes, width, height, imageWidth, batch, threads } = workload;
  const architecture = { model, numClasses: classes, width, deconvolution: 'learned' } as const;
  // Each gradient, that of the weights and that of the input, takes as much as the forward pass.
  const passes = mode === 'train' ? 3 : 1;
  const gflop = (passes * batch * 2 * multiplicationsOf(architecture, height, imageWidth)) / 1e9;
  const gflopPerSecond = (1000 * gflop) / median(times);
  const figures = { gflop, gflopPerSecond, fraction: gflopPerSecond / best.get(threads)! };
  return { sweep, value, workload, contender: name, times, peakRssMb: peakRssMb!, ...figures };
}

/** The most GFLOP/s that a step of one large convolution, 256 to 256 channels, 3x3, on a 112x112 map, came to. */
async function bestRate(threads: number, { model, say }: GrowthSettings): Promise<number> {
  const size = { height: 112, imageWidth: 112 };
  const rest = { model, width: 1, classes: 1, batch: 1, threads };
  const contender = startOurs({ mode: 'convolution', ...size, ...rest });
  const [result] = await race([contender], { rounds: 20, warmup: 3, say: () => {} });
  const rate = (2 * convolutionGigaMultiplications(size)) / (Math.min(...result!.times) / 1000);
  say(`one large convolution, ${counted(threads, 'thread')}: ${rate.toFixed(0)} GFLOP/s`);
  return rate;
}
