import { inputError } from '../base/errors.ts';
import { modelNames } from '../networks/model-names.ts';
import { type FinetuneSettings, usualBudget } from '../training/finetune-settings.ts';
import { prepareRun, type RunSettings } from '../training/prepare.ts';
import type { RunFolder } from '../training/run-folder.ts';
import type { TrainResult } from '../training/train-options.ts';
import { formatFates } from '../weights/fates.ts';
import { commandLine } from './command-line.ts';
import { countingClasses } from './counting-classes.ts';
import { chooseSettings, printOutcome } from './finetune.ts';
import { assumptionsOf, dataSpecs } from './options.ts';
import { runTraining } from './run-training.ts';
import { say } from './say.ts';
import { overridesOf, type RunArguments, recipeOf } from './train-arguments.ts';
import { warn } from './warn.ts';

/** Begins a run in a new folder. @param isGiven whether an option was given rather than left to its default */
export async function startTraining(
  run: RunFolder,
  given: RunArguments,
  isGiven: (name: string) => boolean,
): Promise<void> {
  const settings = await askedSettings(given, isGiven);
  const { finished } = await trainFrom(run, { ...settings, log: given.log, leader: given.leader });
  if (finished && settings.recipe === 'finetune') await printOutcome(run);
}

/** What options say about a new run; recipe finetune chooses what they leave open, and says so. */
export async function askedSettings(
  given: RunArguments,
  isGiven: (name: string) => boolean,
): Promise<RunSettings> {
  const { data, model, budget } = given;
  if (!data) throw inputError(`--data: got nothing, expected a ${dataSpecs}`);
  const recipe = recipeOf(given);
  const ranks = given.leader?.world.size ?? 1;
  const asked = { ...given, data, recipe, ranks, overrides: overridesOf(given), command: commandLine() };
  if (recipe === 'finetune') return finetuned(asked, isGiven);
  if (!model) throw inputError(`--model: got nothing, expected one of ${modelNames.join(', ')}`);
  if (budget !== undefined) {
    throw inputError(
      `--budget: got ${budget} with recipe ${recipe}, expected recipe finetune, the only one that uses it`,
    );
  }
  return { ...asked, model };
}

type Asked = Pick<RunArguments, 'log' | 'leader'>;

async function finetuned(
  given: Omit<FinetuneSettings, 'budget'> & { budget?: number },
  isGiven: (name: string) => boolean,
): Promise<RunSettings> {
  const { width, init, trainSplit, valSplit, budget = usualBudget, ...asked } = given;
  return chooseSettings({
    ...asked,
    budget,
    ...(isGiven('width') && { width }),
    ...(isGiven('init') && { init }),
    ...(isGiven('trainSplit') && { trainSplit }),
    ...(isGiven('valSplit') && { valSplit }),
  });
}

async function trainFrom(run: RunFolder, settings: RunSettings & Asked): Promise<TrainResult> {
  const { fates, warnings, ...prepared } = await prepareRun(settings, {
    balance: countingClasses(),
    onAssumed: assumptionsOf(settings).onAssumed,
  });
  warn(warnings ?? []);
  if (fates.length > 0) say(formatFates(fates));
  const { log, leader } = settings;
  return run.begin(prepared.config, () => runTraining(run, prepared, settings.model, { log, leader }));
}
