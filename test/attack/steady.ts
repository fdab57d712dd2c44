import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
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
 * hand:
 *
 *   node --expose-gc --import tsx test/attack/steady.ts --what training --count 5000
 *   node --expose-gc --import tsx test/attack/steady.ts --what prediction --count 5000
 */

/** What a process holds after so many iterations or predictions. */
export interface Level {
  readonly done: number;
  /** Resident set, after garbage was collected. */
  readonly bytes: number;
  readonly descriptors: number;
  readonly threads: number;
}

async function level(done: number): Promise<Level> {
  globalThis.gc?.();
  const count = async (folder: string) => (await readdir(folder)).length;
  return {
    done,
    bytes: process.memoryUsage.rss(),
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

/** Iterations of a run that validates, writes checkpoints and is watched by nobody. */
export async function steadyTraining(count: number, every: number): Promise<Level[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'fcn-steady-'));
  const levels: Level[] = [];
  try {
    const prepared = await prepareRun({
      ...tiny,
      data: 'shapes:?train=20&val=2&size=48',
      overrides: { duration: { iterations: count }, trainSize: { mode: 'crop', height: 48, width: 48 } },
      ...{ validateEvery: Math.max(1, Math.floor(every / 2)), checkpointEvery: every },
    });
    const run = new RunFolder(folder);
    await run.create(prepared.config);
    await train({
      ...prepared,
      run,
      async onPause(iteration) {
        if (iteration % every === 0) levels.push(await level(iteration));
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

/** By which share of it memory grew from the first level to the highest behind it. */
export function growthOf(levels: readonly Level[]): number {
  const [first, ...others] = levels.map(({ bytes }) => bytes);
  return Math.max(...others) / first! - 1;
}

if (process.argv[1] === import.meta.filename) {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({ options: { what: text, count: text, every: text } });
  const { what = 'training', count = '5000', every = '250' } = values;
  const measure = what === 'training' ? steadyTraining : steadyPrediction;
  const levels = await measure(Number(count), Number(every));
  for (const { done, bytes, descriptors, threads } of levels) {
    process.stdout.write(`${done},${(bytes / 1e6).toFixed(1)},${descriptors},${threads}\n`);
  }
  const growth = growthOf(levels.filter(({ done }) => done >= 500));
  process.stdout.write(`growth behind the first 500: ${(100 * growth).toFixed(2)} %\n`);
}
