import path from 'node:path';
import { Command, Option } from 'commander';
import { inputError } from '../../base/errors.ts';
import { makeFolder, writeFileAtomic } from '../../base/files.ts';
import type { Size } from '../../inference/predict/segmenter.ts';
import { planKeyOf, tunedPlanFile } from '../../inference/tuned-plans.ts';
import { winogradPlaces } from '../../networks/graphs/inference.ts';
import { type ModelName, modelNames } from '../../networks/model-names.ts';
import type { PlanFile } from '../../networks/plan-file.ts';
import type { PlanUse } from '../../networks/plans.ts';
import {
  isFasterByLines,
  measurePlan,
  type PlaceByLines,
  type PlaceWays,
} from '../../training/measure-plan.ts';
import { randomModel } from '../bench/random-model.ts';
import { isPlanFile } from '../earlier-results.ts';
import { decimal, forceOption, size, threadsOption, wholeNumber } from '../options.ts';
import { checkOutputs } from '../outputs.ts';
import { Progress } from '../progress.ts';

interface TuneArguments {
  model: ModelName;
  width: number;
  size: Size;
  rounds: number;
  threads: number;
  out?: string;
  force?: true;
}

export function tuneCommand(): Command {
  return new Command('tune')
    .description(
      'Measure the fastest way to compute each convolution of a network on this machine. Later commands use the result. ' +
        "Don't run anything else at the same time",
    )
    .addOption(new Option('--model <NAME>', 'network').choices(modelNames).default('fcn8s'))
    .option(
      '--width <F>',
      'share of the channels of the backbone',
      decimal((x) => x > 0, 'a number above 0'),
      1,
    )
    .addOption(
      new Option('--size <HxW>', 'size of the images')
        .argParser(size)
        .default({ height: 375, width: 500 }, '375x500'),
    )
    .option('--rounds <N>', 'number of runs for each way', wholeNumber(1), 3)
    .addOption(threadsOption())
    .option('--out <FILE>', 'write the plan to this file, for --plan (default: where later commands find it)')
    .addOption(forceOption())
    .action(tune);
}

async function tune({ model, width, size: at, rounds, threads, out, force }: TuneArguments): Promise<void> {
  checkOutputs([{ option: '--out', file: out, isEarlier: isPlanFile }], { force });
  const network = randomModel(model, width, 21);
  if (winogradPlaces(network.config).length === 0) {
    throw inputError(
      `tune: got ${model}, which has no 3x3 convolutions with stride 1 to choose for, expected another network; use it without tuning`,
    );
  }
  const options = { threads, rounds, size: at };
  const measure = async (use: PlanUse) => {
    const progress = new Progress(`measuring ${use}`, 3, 'ways');
    try {
      const onProgress = (done: number) => progress.update(done);
      return await measurePlan(network, { ...options, use, onProgress });
    } finally {
      progress.end();
    }
  };
  const inference = await measure('inference');
  const training = await measure('training');
  const key = planKeyOf({ model, width });
  const file: PlanFile = { ...key, threads, size: at, inference: inference.plan, training: training.plan };
  const place = out ?? tunedPlanFile(key);
  if (!out) await makeFolder(path.dirname(place));
  await writeFileAtomic(place, [`${JSON.stringify(file, null, 2)}\n`]);
  const tables = [
    table('inference', inference.places),
    ...linesTable(inference.lines),
    table('training', training.places),
  ];
  process.stdout.write(`${[key.processor, ...tables, `wrote ${place}`].join('\n')}\n`);
}

/** The same of those that can be computed by lines. */
function linesTable(places: readonly PlaceByLines[]): string[] {
  if (places.length === 0) return [];
  const width = Math.max(...places.map(({ place }) => place.length));
  const rows = places.map((each) => {
    const { place, conv, byLines } = each;
    const mark = isFasterByLines(each) ? [' ', '*'] : ['*', ' '];
    const cells = [conv, byLines].map((ms, i) => `${ms.toFixed(1)}${mark[i]}`.padStart(10));
    return place.padEnd(width) + cells.join('');
  });
  return [`${''.padEnd(width)}      Conv  by lines  (ms)`, ...rows];
}

/** Milliseconds of each way at each place, the one that was taken marked. */
function table(use: PlanUse, places: readonly PlaceWays[]): string {
  const width = Math.max(...places.map(({ place }) => place.length), use.length);
  const header = `${use.padEnd(width)}       Conv    F(2x2)    F(4x4)  (ms)`;
  const lines = places.map(({ place, milliseconds, fastest }) => {
    const cells = ([0, 2, 4] as const).map((tiles) => {
      return `${milliseconds[tiles].toFixed(1)}${tiles === fastest ? '*' : ' '}`.padStart(10);
    });
    return place.padEnd(width) + cells.join('');
  });
  return [header, ...lines].join('\n');
}
