import path from 'node:path';
import { Command, Option } from 'commander';
import { inputError } from '../../base/errors.ts';
import { inJson, makeFolder, writeOutput } from '../../base/files.ts';
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
  const key = planKeyOf({ model, width });
  const place = out ?? tunedPlanFile(key);
  if (!out) await makeFolder(path.dirname(place)); // where it cannot be made, before minutes of measuring
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
  const file: PlanFile = { ...key, threads, size: at, inference: inference.plan, training: training.plan };
  await writeOutput(place, [inJson(file)]);
  const lines = inference.lines.length > 0 ? [linesTable(inference.lines)] : [];
  const tables = [waysTable('inference', inference.places), ...lines, waysTable('training', training.places)];
  process.stdout.write(`${[key.processor, ...tables, `wrote ${place}`].join('\n')}\n`);
}

/** What each way takes at each place. */
function waysTable(use: PlanUse, places: readonly PlaceWays[]): string {
  const rows = places.map(({ place, milliseconds, fastest }) => {
    const ways = [0, 2, 4] as const;
    return { place, cells: ways.map((tiles) => milliseconds[tiles]), taken: ways.indexOf(fastest) };
  });
  return table(use, '       Conv    F(2x2)    F(4x4)', rows);
}

/** The same of those that can be computed by lines. */
function linesTable(places: readonly PlaceByLines[]): string {
  const rows = places.map((each) => {
    return { place: each.place, cells: [each.conv, each.byLines], taken: isFasterByLines(each) ? 1 : 0 };
  });
  return table('', '      Conv  by lines', rows);
}

/** A place, the milliseconds of each way, and which of them was taken. */
interface Row {
  readonly place: string;
  readonly cells: readonly number[];
  readonly taken: number;
}

/** Rows of milliseconds, the way that was taken marked. */
function table(title: string, columns: string, rows: readonly Row[]): string {
  const width = Math.max(...rows.map(({ place }) => place.length), title.length);
  const lines = rows.map(({ place, cells, taken }) => {
    const marked = cells.map((ms, i) => `${ms.toFixed(1)}${i === taken ? '*' : ' '}`.padStart(10));
    return place.padEnd(width) + marked.join('');
  });
  return [`${title.padEnd(width)}${columns}  (ms)`, ...lines].join('\n');
}
