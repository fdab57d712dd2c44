import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { koffi } from '../../src/base/koffi.ts';
import { type Chart, renderCharts } from '../../src/cli/bench/line-charts.ts';
import { openDataset } from '../../src/data/datasets/open.ts';
import { encodePng } from '../../src/data/images/encode.ts';
import { asPicture } from '../../src/data/images/picture.ts';
import { predictImages } from '../../src/inference/predict/predict.ts';
import { withSegmenter } from '../../src/inference/predict/segmenter.ts';
import { prepareRun } from '../../src/training/prepare.ts';
import { RunFolder } from '../../src/training/run-folder.ts';
import { train } from '../../src/training/train.ts';

/*
 * Memory, file descriptors and threads of a long training, or of many predictions of changing sizes, with a tiny network. By
 * hand, then as charts:
 *
 *   node --expose-gc --import tsx test/attack/steady.ts --what training --count 5000 --csv results/steady-training.csv
 *   node --expose-gc --import tsx test/attack/steady.ts --what prediction --count 5000 --csv results/steady-prediction.csv
 *   node --import tsx test/attack/steady.ts --plot results/steady.svg
 */

/** What a process holds after so many iterations or predictions. */
export interface Level {
  readonly done: number;
  /**
   * What has just been done: a validation and perhaps a checkpoint, whose memory is freed during the iterations that follow; or nothing but
   * iterations and predictions.
   */
  readonly after: 'validation' | 'steps';
  /** Resident set, after garbage was collected. */
  readonly resident: number;
  /** What of it is in use: JavaScript's objects, and what was allocated by malloc, which the arrays are. The rest is kept in reserve. */
  readonly used: number;
  readonly descriptors: number;
  readonly threads: number;
}

/** Milliseconds in which V8 frees, on other threads, what it has collected. */
const breath = 50;

/** Bytes in use of malloc, in all arenas and in mappings of their own (mallinfo2(3), glibc). */
function mallocated(): number {
  const { uordblks, hblkhd } = mallinfo() as Record<string, number | bigint>;
  return Number(uordblks) + Number(hblkhd);
}

const fields = [
  'arena',
  'ordblks',
  'smblks',
  'hblks',
  'hblkhd',
  'usmblks',
  'fsmblks',
  'uordblks',
  'fordblks',
  'keepcost',
];
koffi.struct('mallinfo2', Object.fromEntries(fields.map((field) => [field, 'size_t'])));
const mallinfo = koffi.load(null).func('mallinfo2 mallinfo2()');

async function level(done: number, after: Level['after'] = 'steps'): Promise<Level> {
  globalThis.gc?.();
  await sleep(breath);
  const count = async (folder: string) => (await readdir(folder)).length;
  return {
    ...{ done, after },
    resident: process.memoryUsage.rss(),
    used: process.memoryUsage().heapUsed + mallocated(),
    descriptors: await count('/proc/self/fd'),
    threads: await count('/proc/self/task'),
  };
}

/** What the two have in common. */
const tiny = {
  command: '',
  trainSplit: 'train',
  valSplit: 'val',
  model: 'fcn8s-mobilenetv2',
  width: 0.25,
  init: 'none',
  recipe: 'classic',
  order: 'shuffled',
  seed: 0,
  threads: 1,
} as const;

/** Iterations between two validations, and between two checkpoints. */
const [validateEvery, checkpointEvery] = [125, 250];

/** Iterations of a run that validates, writes checkpoints and is watched by nobody. */
export async function steadyTraining(count: number, every: number): Promise<Level[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'fcn-steady-'));
  const levels: Level[] = [];
  try {
    const prepared = await prepareRun({
      ...tiny,
      data: 'shapes:?train=20&val=2&size=48',
      overrides: { duration: { iterations: count }, trainSize: { mode: 'crop', height: 48, width: 48 } },
      ...{ validateEvery, checkpointEvery },
    });
    const run = new RunFolder(folder);
    await run.create(prepared.config);
    await train({
      ...prepared,
      run,
      async onPause(iteration) {
        const after = iteration % validateEvery === 0 ? 'validation' : 'steps';
        if (iteration % every === 0) levels.push(await level(iteration, after));
      },
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return levels;
}

/** Predictions of image files of changing sizes, with overlays and scores, some of them in tiles. */
export async function steadyPrediction(count: number, every: number): Promise<Level[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'fcn-steady-'));
  const levels: Level[] = [];
  try {
    const data = 'shapes:?train=1&val=1&size=32';
    const rest = { overrides: {}, validateEvery: 0, checkpointEvery: 0 };
    const { config, weights } = await prepareRun({ ...tiny, data, ...rest });
    const { image } = await (await openDataset('shapes:?size=256&train=1&val=1', 'train')).load(0);
    const images: string[] = [];
    for (let i = 0; i < 25; i++) {
      const [width, height] = [40 + 8 * (i % 5), 40 + 8 * Math.floor(i / 5)];
      const rows = Array.from({ length: height }, (_, y) =>
        asPicture(image).data.subarray(768 * y, 768 * y + 3 * width),
      );
      images.push(path.join(folder, `${i}.png`));
      await writeFile(images.at(-1)!, await encodePng({ width, height, data: Buffer.concat(rows) }));
    }
    await withSegmenter({ config: config.model, weights }, { threads: 1 }, async (segmenter) => {
      for (let done = 0; done < count; ) {
        const some = images.slice(0, Math.min(images.length, count - done));
        const tile = done % 50 === 0 ? 'auto' : 'off';
        const out = path.join(folder, 'out');
        await predictImages({
          segmenter,
          images: some,
          out,
          overlay: done % 4 === 0,
          logits: done % 3 === 0,
          tile,
        });
        done += some.length;
        if (done % every === 0) levels.push(await level(done));
      }
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return levels;
}

/** By how much memory rose above its first level and fell below it, as shares. */
export function changeOf(bytes: readonly number[]): readonly [up: number, down: number] {
  return [Math.max(...bytes) / bytes[0]! - 1, 1 - Math.min(...bytes) / bytes[0]!];
}

const header = 'done,after,resident_mb,used_mb,descriptors,threads';

async function measure(what: string, count: number, every: number, csv: string): Promise<void> {
  const levels = await (what === 'training' ? steadyTraining : steadyPrediction)(count, every);
  const inMb = (bytes: number) => (bytes / 1e6).toFixed(1);
  const lines = levels.map(({ done, after, resident, used, descriptors, threads }) =>
    [done, after, inMb(resident), inMb(used), descriptors, threads].join(),
  );
  await writeFile(csv, `${[header, ...lines].join('\n')}\n`);
  for (const after of ['steps', 'validation'] as const) {
    const later = levels.filter((one) => one.done > 500 && one.after === after);
    if (later.length === 0) continue;
    for (const kind of ['resident', 'used'] as const) {
      const [up, down] = changeOf(later.map((one) => one[kind])).map((share) => (100 * share).toFixed(2));
      process.stdout.write(
        `behind the first 500, after ${after}: ${kind} at most ${up} % more, ${down} % less\n`,
      );
    }
  }
}

const curves = [
  { name: 'resident set', color: '#1f5fbf', after: 'steps', column: 2 },
  { name: 'right after validations', color: '#c2570c', after: 'validation', column: 2 },
  { name: 'in use', color: '#2e7d32', after: 'steps', column: 3 },
];

/** What `measure` has written, as charts. */
async function plot(svg: string): Promise<void> {
  const charts: Chart[] = [];
  for (const what of ['training', 'prediction']) {
    const [, ...rows] = (await readFile(`results/steady-${what}.csv`, 'utf8')).trim().split('\n');
    const points = rows.map((row) => row.split(','));
    const lines = curves.map(({ name, color, after, column }) => ({
      ...{ name, color },
      points: points
        .filter((one) => one[1] === after)
        .map((one) => [Number(one[0]) / 1000, Number(one[column])] as const),
    }));
    charts.push({
      title: `${what}, MB`,
      xLabel: `thousand ${what === 'training' ? 'iterations' : 'predictions'}`,
      lines: lines.filter((line) => line.points.length > 0),
    });
  }
  await writeFile(svg, renderCharts('fcn: memory over time', [charts]));
}

if (process.argv[1] === import.meta.filename) {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({ options: { what: text, count: text, every: text, csv: text, plot: text } });
  const { what = 'training', count = '5000', every = '25', csv = `${what}.csv` } = values;
  if (values.plot) await plot(values.plot);
  else await measure(what, Number(count), Number(every), csv);
}
