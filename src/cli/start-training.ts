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
import { overridesOf, type RunArguments, recipeOf } from './train-arguments.ts';
import { warn } from './warn.ts';

/** Begins a run in a new folder. @param isGiven whether an option was given rather than left to its default */
export async function startTraining(
  run: RunFolder,
  given: RunArguments,
  isGiven: (name: string) => boolean,
): Promise<void> {
  const { data, model, budget } = given;
  if (!data) throw inputError(`--data: got nothing, expected a ${dataSpecs}`);
  const recipe = recipeOf(given);
  const asked = { ...given, data, recipe, overrides: overridesOf(given), command: commandLine() };
  if (recipe === 'finetune') return finetune(run, asked, isGiven);
  if (!model) throw inputError(`--model: got nothing, expected one of ${modelNames.join(', ')}`);
  if (budget !== undefined) {
    throw inputError(
      `--budget: got ${budget} with recipe ${recipe}, expected recipe finetune, which plans with it`,
    );
  }
  await trainFrom(run, { ...asked, model });
}

type Asked = Pick<RunArguments, 'log'>;

/** Chooses what was left open, trains, and says what to do with the result. */
async function finetune(
  run: RunFolder,
  given: Asked & Omit<FinetuneSettings, 'budget'> & { budget?: number },
  isGiven: (name: string) => boolean,
): Promise<void> {
  const { width, init, trainSplit, valSplit, budget = usualBudget, log, ...asked } = given;
  const chosen = await chooseSettings({
    ...asked,
    budget,
    ...(isGiven('width') && { width }),
    ...(isGiven('init') && { init }),
    ...(isGiven('trainSplit') && { trainSplit }),
    ...(isGiven('valSplit') && { valSplit }),
  });
  const { finished } = await trainFrom(run, { ...chosen, log });
  if (finished) await printOutcome(run);
}

async function trainFrom(run: RunFolder, settings: RunSettings & Asked): Promise<TrainResult> {
  const { fates, warnings, ...prepared } = await prepareRun(settings, {
    balance: countingClasses(),
    onAssumed: assumptionsOf(settings).onAssumed,
  });
  warn(warnings ?? []);
  if (fates.length > 0) process.stderr.write(`${formatFates(fates)}\n`);
  return run.whileLocked(async () => {
    try {
      await run.create(prepared.config);
      return await runTraining(run, prepared, settings.model, { log: settings.log });
    } catch (thrown) {
      if (!(await run.hasBegun())) await run.discard().catch(() => undefined); // why it failed matters more
      throw thrown;
    }
  });
}
