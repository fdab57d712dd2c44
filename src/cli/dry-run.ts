import { counted } from '../base/counted.ts';
import { inputError } from '../base/errors.ts';
import { inBytes } from '../base/memory.ts';
import { shownSize } from '../training/finetune.ts';
import { type Forecast, forecast } from '../training/forecast.ts';
import { type PreparedRun, prepareRun } from '../training/prepare.ts';
import { StagedFolder } from '../training/staged-folder.ts';
import { countingClasses } from './counting-classes.ts';
import { isForecast } from './earlier-results.ts';
import { assumptionsOf } from './options.ts';
import { checkOutputs } from './outputs.ts';
import { printResult } from './print-result.ts';
import { duration } from './progress.ts';
import { stagedSettings } from './stages.ts';
import { askedSettings } from './start-training.ts';
import { argumentsOf, type TrainArguments } from './train-arguments.ts';
import { warn } from './warn.ts';

/** `fcn train --dry-run`: says what the run would do and need, of each stage where there are several, and writes nothing. */
export async function dryRun(given: TrainArguments, isGiven: (name: string) => boolean): Promise<void> {
  if (given.resume || given.watch) {
    const other = given.resume ? '--resume' : '--watch';
    throw inputError(`--dry-run: got ${other} as well, expected one of them: a dry run writes no folder`);
  }
  const runs = await preparedRuns(given, isGiven);
  const splits = runs.flatMap(({ trainSet, valSet }) => [trainSet, ...(valSet ? [valSet] : [])]);
  checkOutputs([{ option: '--json', file: given.json, isEarlier: isForecast }], {
    inputs: { files: runs.map(({ config }) => config.init), data: { spec: given.data!, splits } },
    force: given.force,
  });
  const forecasts: Forecast[] = [];
  for (const run of runs) {
    warn(run.warnings ?? []);
    forecasts.push(await forecast(run));
  }
  const text = forecasts.map(formatForecast).join('\n\n');
  await printResult(text, given.json, given.stages ? { stages: forecasts } : forecasts[0]);
}

type Planned = Omit<PreparedRun, 'weights' | 'fates'>;

async function preparedRuns(given: TrainArguments, isGiven: (name: string) => boolean): Promise<Planned[]> {
  const { onAssumed } = assumptionsOf(given);
  if (!given.stages) {
    const settings = await askedSettings(argumentsOf(given), isGiven);
    return [await prepareRun(settings, { balance: countingClasses(), onAssumed })];
  }
  const staged = new StagedFolder(given.out);
  const prepared = await staged.prepare(stagedSettings(given), countingClasses(), onAssumed);
  return [...prepared.configs].map(([name, config]) => ({
    ...prepared.first,
    config,
    warnings: prepared.warnings.get(name) ?? [],
  }));
}

/** For people, a line for each thing. */
export function formatForecast(of: Forecast): string {
  const { images, memoryBytes: memory, seconds, trainSize, imageSize } = of;
  const size =
    trainSize.mode === 'native' && imageSize
      ? `native up to about ${shown(imageSize)}`
      : shownSize(trainSize);
  const group = memory.cgroup === null ? '' : `, its cgroup has ${inBytes(memory.cgroup)}`;
  const validations = of.splits.val
    ? `, ${counted(of.validations, 'validation')} of ${inSeconds(seconds.validation)}`
    : ', no validations';
  const lines = {
    data: `${of.data}: ${counted(images.train, 'image')} in ${of.splits.train}, ${images.val} to validate; ${classesOf(of)} classes`,
    network: `${of.model}, width ${of.width}: ${million(of.parameters)} parameters, ${million(of.learnedParameters)} of them learned`,
    images: `${size}, ${of.batchSize} per batch, ${counted(of.accumulate, 'batch', 'batches')} per update`,
    length: `${counted(of.iterations, 'iteration')} (${of.epochs.toPrecision(3)} epochs)${validations}`,
    memory:
      `about ${inBytes(memory.estimate)} (${inBytes(memory.atLeast)} to ${inBytes(memory.atMost)}); this machine has ` +
      `${inBytes(memory.machine)}${group}, ${inBytes(memory.available)} of it free`,
    time: `${inSeconds(seconds.iteration)} per iteration on ${counted(of.threads, 'thread')}, ${duration(seconds.total)} in all`,
  };
  return Object.entries(lines)
    .map(([name, text]) => `${name.padEnd(8)} ${text}`)
    .join('\n');
}

function shown({ height, width }: { height: number; width: number }): string {
  return `${height}x${width}`;
}

function million(count: number): string {
  return count < 1e6 ? `${Math.round(count / 1000)} thousand` : `${(count / 1e6).toPrecision(3)} million`;
}

function inSeconds(seconds: number): string {
  return seconds < 10 ? `${seconds.toPrecision(2)}s` : duration(seconds);
}

/** `21`, or `33 semantic and 3 geometric`. */
function classesOf({ classes, heads }: Forecast): string {
  if (!heads) return `${classes.length}`;
  return Object.entries(heads)
    .map(([name, own]) => `${own.length} ${name}`)
    .join(' and ');
}
