import { allocate, type Tensor } from '../../base/tensor.ts';
import { createProfilingRuntime, type PlaceTime } from '../../engine/runtimes/native/profiling-runtime.ts';
import { loadSegmenter, type Size } from '../../inference/predict/load-segmenter.ts';
import { planFor } from '../../inference/tuned-plans.ts';
import type { Model } from '../../weights/model.ts';
import { layerWork } from './arithmetic.ts';
import { convolutionGigaMultiplications, prepareConvolution } from './large-convolution.ts';
import { median } from './statistics.ts';

/** What a machine can do at most. */
export interface Roofline {
  /** Thousand million multiplications a second, of one large convolution. */
  readonly gigaMultiplications: number;
  /** Gigabytes a second that are copied: read and written. */
  readonly gigabytes: number;
}

/** A layer and what is not of any. Times in milliseconds. */
export interface LayerTime {
  readonly name: string;
  readonly milliseconds: number;
  readonly multiplications: number;
  readonly bytes: number;
  /** What the machine needs at least for the multiplications or the bytes. */
  readonly atLeast: number;
}

/** Times the layers of an inference, and sets them beside what the machine can do. */
export async function timeLayers(
  network: Model,
  { size, threads, rounds }: { size: Size; threads: number; rounds: number },
): Promise<{ roofline: Roofline; layers: LayerTime[] }> {
  const roofline = await measureRoofline(threads);
  const times = await profile(network, size, threads, rounds);
  const works = new Map(
    layerWork(network.config, size.height, size.width).map((work) => [work.name, work] as const),
  );
  const byLayer = new Map<string, number>();
  for (const { place, runs } of times) {
    const name = place === '' ? 'changes of layout' : layerOf(place, works);
    byLayer.set(name, (byLayer.get(name) ?? 0) + median([...runs.slice(warmUp)]));
  }
  const layers = [...byLayer].map(([name, milliseconds]): LayerTime => {
    const { multiplications = 0, bytes = 0 } = works.get(name) ?? {};
    const atLeast = Math.max(
      multiplications / 1e6 / roofline.gigaMultiplications,
      bytes / 1e6 / roofline.gigabytes,
    );
    return { name, milliseconds, multiplications, bytes, atLeast };
  });
  return { roofline, layers };
}

const warmUp = 2;

/** The layer with weights that a place lies in: conv1_2 of `center/stage1/conv1_2`; else the last part of the place. */
function layerOf(place: string, works: ReadonlyMap<string, unknown>): string {
  const parts = place.split('/');
  return parts.find((part) => works.has(part)) ?? parts.at(-1)!;
}

async function profile(
  network: Model,
  { height, width }: Size,
  threads: number,
  rounds: number,
): Promise<PlaceTime[]> {
  const runtime = await createProfilingRuntime();
  try {
    const plan = planFor(network.config, 'inference');
    const segmenter = await loadSegmenter(runtime, network, {
      threads,
      plan,
      images: 1000,
      giveBack: () => {},
    });
    const data = Uint8Array.from({ length: 3 * height * width }, (_, i) => (i * 37) % 256);
    let scores: Tensor<'float32'> | undefined;
    for (let round = 0; round < rounds + warmUp; round++)
      scores = await segmenter.scores({ height, width, data }, undefined, scores);
    await segmenter.release();
    return await runtime.times();
  } finally {
    await runtime.end();
  }
}

/** The best of a few runs: what the machine can do, not what it mostly does. */
async function measureRoofline(threads: number): Promise<Roofline> {
  const map = { height: 128, imageWidth: 128 };
  const convolution = await prepareConvolution({
    ...{ mode: 'convolution', model: 'fcn8s', width: 1, classes: 1, batch: 1 },
    ...{ ...map, threads },
  });
  const seconds = await fastest(convolution);
  const from = allocate('float32', [2 ** 25]); // 128 MiB: more than any cache
  const to = allocate('float32', [2 ** 25]);
  const copying = await fastest(async () => to.data.set(from.data));
  return {
    gigaMultiplications: convolutionGigaMultiplications(map) / seconds,
    gigabytes: (from.data.byteLength + to.data.byteLength) / 1e9 / copying,
  };
}

/** Seconds of the fastest of six runs. */
async function fastest(run: () => Promise<unknown>): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 6; i++) {
    const started = performance.now();
    await run();
    best = Math.min(best, performance.now() - started);
  }
  return best / 1000;
}
