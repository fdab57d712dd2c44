import type * as z from 'zod';
import { inputError } from '../base/errors.ts';
import type { Data } from '../data/datasets/splits.ts';
import { nameOfData } from '../data/datasets/splits.ts';
import { type DeviceName, deviceOf } from '../engine/devices/native-devices.ts';
import type { Metrics } from '../inference/metrics/metrics.ts';
import { inDefaultFolder } from '../training/default-folder.ts';
import type { Choice } from '../training/finetune.ts';
import { finetuneSettings, usualBudget } from '../training/finetune-settings.ts';
import { type PreparedRun, prepareRun, type RunSettings } from '../training/prepare.ts';
import type { Recipe } from '../training/recipes.ts';
import { RunFolder } from '../training/run-folder.ts';
import { type TrainEvents, type TrainResult, train } from '../training/train.ts';
import { writeRunReport } from '../viewing/report/run-report.ts';
import { prepareToContinue } from './continue-run.ts';
import { checkSettings } from './settings/check-settings.ts';
import { recipeOf, trainSchema } from './settings/train-schema.ts';

/**
 * What a training may be told. Only the data is needed: all else is chosen by recipe `finetune`, or, where a network is named,
 * what recipe `classic` says. Each value of a recipe can be given.
 */
export interface TrainSettings
  extends Partial<Recipe>,
    Partial<Omit<RunSettings, 'data' | 'command' | 'overrides' | 'device'>> {
  /** The SPEC of a data set, or its splits by their names, made by the program itself. */
  readonly data: Data;
  /** Folder of the run. Default: a new one in `runs/`, named after the data. */
  readonly out?: string;
  /** What computes; see SegmenterSettings. A run that is continued keeps its own. Default: `cpu`. */
  readonly device?: DeviceName;
  /** Continues the run in `out`, with the settings that it has; data of one's own is given again. */
  readonly resume?: boolean;
  /** Whether report.html is written at the end. Default: it is. */
  readonly report?: boolean;
  /** Ends the run after the current iteration, with a checkpoint, when it is aborted. */
  readonly signal?: AbortSignal;
  readonly events?: TrainEvents;
  /** Told what recipe `finetune` has chosen, and why. */
  readonly onChoices?: (choices: readonly Choice[]) => void;
  /** Told what the user should know of the data, and what device `auto` took. */
  readonly onWarning?: (message: string) => void;
}

/** How a training ended, and where all is. */
export interface TrainedNetwork extends TrainResult {
  /** With the weights in `folder.best` and `folder.last`, and the report in `folder.report`. */
  readonly folder: RunFolder;
  /** Of the best weights on the validation split, where one was validated. */
  readonly metrics: Metrics | undefined;
}

type Checked = z.infer<typeof trainSchema>;

/**
 * Trains a network end to end and writes a run folder, as `fcn train` does.
 * @throws FcnError when a setting, the data or the weights cannot be used.
 */
export async function trainNetwork(settings: TrainSettings): Promise<TrainedNetwork> {
  const checked = checkSettings(trainSchema, settings, 'trainNetwork');
  const { data, resume, out } = checked;
  if (resume && out === undefined) {
    throw inputError(
      'trainNetwork: out: got nothing with resume, expected the folder of the run to continue',
    );
  }
  const begin = (folder: string) => trainAt(new RunFolder(folder), checked);
  return out === undefined ? inDefaultFolder(nameOfData(data), begin) : begin(out);
}

async function trainAt(run: RunFolder, checked: Checked): Promise<TrainedNetwork> {
  const { data, resume } = checked;
  const hasBegun = await run.hasBegun();
  if (hasBegun && !resume) {
    throw inputError(
      `trainNetwork: out: got ${run.folder}, which already holds a run, expected a new folder; set resume to continue it`,
    );
  }
  if (!hasBegun) await run.checkFree(); // before all that takes time
  const prepared = hasBegun ? await prepareToContinue(run, data, 'trainNetwork') : await prepare(checked);
  for (const warning of prepared.warnings ?? []) checked.onWarning?.(warning);
  const work = () => trainIn(run, prepared, checked);
  return hasBegun ? run.whileLocked(work) : run.begin(prepared.config, work);
}

/** Trains a run that is prepared, and writes its report where that is wanted. */
export async function trainIn(
  run: RunFolder,
  prepared: PreparedRun,
  { events, signal, report }: Pick<Checked, 'events' | 'signal' | 'report'>,
): Promise<TrainedNetwork> {
  const shouldStop = () => signal?.aborted ?? false;
  const result = await train({ ...prepared, run, events, shouldStop });
  if (report) {
    const stages = [{ name: prepared.config.model.model, run }];
    await writeRunReport(stages, run.report, prepared.valSet);
  }
  return { ...result, folder: run, metrics: await run.readBestMetrics() };
}

async function prepare(checked: Checked): Promise<PreparedRun> {
  const {
    data,
    model,
    width,
    init,
    trainSplit,
    valSplit,
    budget,
    input,
    channels,
    streams,
    expandScores,
    addedChannels,
    validateEvery,
    patience,
  } = checked;
  const recipe = checked.recipe ?? (model ? 'classic' : 'finetune');
  const shared = {
    ...{ data, input, channels, streams, expandScores, addedChannels, validateEvery, patience },
    command: 'trainNetwork',
    overrides: recipeOf(checked),
    ...{ order: checked.order, seed: checked.seed, threads: checked.threads },
    checkpointEvery: checked.checkpointEvery,
    device: (await deviceOf(checked.device, checked.threads, checked.onWarning)).device,
  };
  if (recipe === 'finetune') {
    const asked = { ...shared, model, width, init, trainSplit, valSplit, budget: budget ?? usualBudget };
    const { settings, choices } = await finetuneSettings(asked);
    checked.onChoices?.(choices);
    return prepareRun(settings);
  }
  if (!model) throw inputError(`trainNetwork: model: got nothing with recipe ${recipe}, expected a network`);
  if (budget !== undefined) {
    throw inputError(`trainNetwork: budget: got ${budget} with recipe ${recipe}, expected recipe finetune`);
  }
  const own = { model, width: width ?? 1, init: init ?? 'none', recipe };
  return prepareRun({ ...shared, ...own, trainSplit: trainSplit ?? 'train', valSplit: valSplit ?? 'val' });
}
