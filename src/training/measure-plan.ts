import { allocate, type Tensor } from '../base/tensor.ts';
import type { Plan, WinogradRule } from '../engine/rewrites/plan.ts';
import type { TileSize } from '../engine/rewrites/winograd/winograd-tiles.ts';
import { createProfilingRuntime, type PlaceTime } from '../engine/runtimes/native/profiling-runtime.ts';
import { loadSegmenter, type Size } from '../inference/predict/load-segmenter.ts';
import { linePlaces, winogradPlaces } from '../networks/graphs/inference.ts';
import { defaultPlans, type PlanUse } from '../networks/plans.ts';
import type { Model } from '../weights/model.ts';
import { Trainer } from './trainer.ts';

/** What computes a convolution: Winograd's algorithm in tiles of so many results along an axis, or, 0, Conv. */
const ways = [0, 2, 4] as const satisfies readonly WinogradRule['tiles'][];

/** What the convolutions at a place take in each way, in milliseconds. */
export interface PlaceWays {
  readonly place: string;
  readonly milliseconds: Readonly<Record<0 | TileSize, number>>;
  readonly fastest: 0 | TileSize;
}

/** What a convolution takes by Conv and by lines, in milliseconds. */
export interface PlaceByLines {
  readonly place: string;
  readonly conv: number;
  readonly byLines: number;
}

export interface MeasureOptions {
  readonly threads: number;
  readonly size: Size;
  /** Runs of each way; the fastest counts. */
  readonly rounds: number;
  /** Of an inference, with weights that are packed, or of a training step. */
  readonly use: PlanUse;
  readonly onProgress?: (done: number, total: number) => void;
}

/** A way must be so much faster than Conv to be taken: rounding is least there, and so is memory. */
const clearly = 0.97;

/** A plan, and what was measured for it. */
export interface MeasuredPlan {
  readonly plan: Plan;
  readonly places: readonly PlaceWays[];
  /** Of an inference. */
  readonly lines: readonly PlaceByLines[];
}

/** Times what can compute each convolution of a network, in the whole of it, and picks the fastest. */
export async function measurePlan(network: Model, options: MeasureOptions): Promise<MeasuredPlan> {
  const standard = defaultPlans[options.use];
  const byWay = new Map<0 | TileSize, Map<string, number>>();
  for (const [index, tiles] of ways.entries()) {
    const lines = standard.lines && tiles > 0;
    const plan = { ...standard, winograd: [{ tiles }], lines };
    const times = await (options.use === 'training' ? timeTraining : timeInference)(network, plan, options);
    byWay.set(tiles, new Map(times.map(({ place, runs }) => [place, Math.min(...runs.slice(warmUp))])));
    options.onProgress?.(index + 1, ways.length);
  }
  const places = winogradPlaces(network.config).map((place) => compare(place, byWay));
  const lines = standard.lines ? linePlaces(network.config).map((place) => compareLines(place, byWay)) : [];
  const plan = { ...standard, winograd: rulesOf(places) };
  if (lines.length === 0) return { plan, places, lines };
  return { plan: { ...plan, lines: lines.every(isFasterByLines) }, places, lines };
}

export function isFasterByLines({ conv, byLines }: PlaceByLines): boolean {
  return byLines <= clearly * conv;
}

/** Runs before those that count. */
const warmUp = 1;

type TimesByWay = ReadonlyMap<0 | TileSize, ReadonlyMap<string, number>>;

function compare(place: string, byWay: TimesByWay): PlaceWays {
  const [conv, two, four] = ways.map((tiles) => byWay.get(tiles)!.get(place)!) as [number, number, number];
  const best = Math.min(two, four);
  const fastest = best > clearly * conv ? 0 : best === four ? 4 : 2;
  return { place, milliseconds: { 0: conv, 2: two, 4: four }, fastest };
}

function compareLines(place: string, byWay: TimesByWay): PlaceByLines {
  const [conv, ...byLines] = ways.map((tiles) => byWay.get(tiles)!.get(place)!) as [number, number, number];
  return { place, conv, byLines: Math.min(...byLines) };
}

function rulesOf(places: readonly PlaceWays[]): WinogradRule[] {
  return ([4, 2] as const).flatMap((tiles) => {
    const fitting = places.filter(({ fastest }) => fastest === tiles).map(({ place }) => place);
    return fitting.length > 0 ? [{ tiles, places: fitting }] : [];
  });
}

async function timeInference(network: Model, plan: Plan, options: MeasureOptions): Promise<PlaceTime[]> {
  const { height, width } = options.size;
  const data = Uint8Array.from({ length: 3 * height * width }, (_, i) => (i * 37) % 256);
  return profiled(async (runtime) => {
    const segmenter = await loadSegmenter(runtime, network, {
      ...{ threads: options.threads, plan, images: 1000 },
      giveBack: () => {}, // the next way needs them, too
    });
    let scores: Tensor<'float32'> | undefined;
    for (let i = 0; i < options.rounds + warmUp; i++)
      scores = await segmenter.scores({ height, width, data }, undefined, scores);
    await segmenter.release();
  });
}

async function timeTraining(network: Model, plan: Plan, options: MeasureOptions): Promise<PlaceTime[]> {
  const { height, width } = options.size;
  const image = allocate('float32', [1, 3, height, width]);
  for (let i = 0; i < image.data.length; i++) image.data[i] = Math.sin(i);
  const batch = { image, label: allocate('uint8', [1, height, width]), ids: ['tune'], first: 0 };
  const settings = { batchSize: 1, accumulate: 1, momentum: 0.9, weightDecay: 0, dropout: 0, seed: 0 };
  return profiled(async (runtime) => {
    const trainer = await Trainer.create(runtime, network.config, network.weights, {
      ...settings,
      ...{ loss: 'mean', learningRate: 0, threads: options.threads, plan },
    });
    for (let i = 0; i < options.rounds + warmUp; i++) await trainer.step([batch], i);
    await trainer.release();
  });
}

async function profiled(
  use: (runtime: Awaited<ReturnType<typeof createProfilingRuntime>>) => Promise<void>,
): Promise<PlaceTime[]> {
  const runtime = await createProfilingRuntime();
  try {
    await use(runtime);
    return await runtime.times();
  } finally {
    await runtime.end();
  }
}
