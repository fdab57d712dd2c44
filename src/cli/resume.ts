import { existsSync } from 'node:fs';
import { inputError } from '../base/errors.ts';
import type { Dataset } from '../data/datasets/dataset.ts';
import { openDataset } from '../data/datasets/open.ts';
import { type InputPreset, inputPresets } from '../data/input-config.ts';
import { checkpointIteration } from '../training/checkpoint.ts';
import { dependsOnLength } from '../training/learning-rate.ts';
import { initialWeights, iterationsOf, type PreparedRun } from '../training/prepare.ts';
import type { RunConfig } from '../training/run-config.ts';
import type { RunFolder } from '../training/run-folder.ts';
import { checkPatience } from '../training/validator.ts';
import { overridesOf, type RunArguments } from './train-arguments.ts';

/**
 * A run that goes on with the settings that it has. How long, how often to validate and to write checkpoints, and
 * patience may change; any other option may be repeated but not changed, or the run would not be what an uninterrupted one is.
 */
export async function prepareResume(
  run: RunFolder,
  given: Partial<RunArguments> = {},
  isGiven: (option: string) => boolean = () => false,
): Promise<PreparedRun> {
  const { config, trainSet } = await resumedConfig(run, given, isGiven);
  const valSet = config.validateEvery > 0 ? await openDataset(config.data, config.valSplit) : undefined;
  const done = await checkpointIteration(run);
  if (done === undefined && (await run.hasBegun()) && existsSync(run.last)) {
    throw inputError(
      `--resume: got no checkpoint in ${run.checkpoints}, expected that of the run's last iteration; start a new run ` +
        `with --init ${run.last}`,
    );
  }
  // A run that was killed before its first checkpoint begins again.
  const first = done === undefined ? await initialWeights(config.model, config) : undefined;
  await run.writeConfig(config);
  return { config, trainSet, valSet, weights: first?.weights ?? new Map(), fates: first?.fates ?? [] };
}

/** The settings that a run goes on with, and its data. @throws FcnError for options that it cannot go on with. */
export async function resumedConfig(
  run: RunFolder,
  given: Partial<RunArguments>,
  isGiven: (option: string) => boolean,
): Promise<{ stored: RunConfig; config: RunConfig; trainSet: Dataset }> {
  const stored = await run.readConfig();
  const overrides = overridesOf(given);
  checkUnchanged(run, stored, { ...pick(given, settings, isGiven), ...overrides });

  const trainSet = await openDataset(stored.data, stored.trainSplit);
  if (trainSet.classes.join('\n') !== stored.model.classes.join('\n')) {
    throw inputError(
      `--resume: got classes ${trainSet.classes.join(', ')} in ${trainSet.name}, expected those that the run in ` +
        `${run.folder} has, ${stored.model.classes.join(', ')}; start a new run with --init ${run.last}`,
    );
  }
  const config: RunConfig = {
    ...stored,
    ...(overrides.duration && { iterations: iterationsOf(overrides.duration, trainSet, stored) }),
    ...(given.validateEvery !== undefined && { validateEvery: given.validateEvery }),
    ...(given.patience !== undefined && { patience: given.patience }),
    ...(isGiven('checkpointEvery') && { checkpointEvery: given.checkpointEvery! }),
  };
  checkPatience(config);
  if (config.iterations !== stored.iterations && dependsOnLength(stored.schedule)) {
    throw inputError(
      `--resume: got ${config.iterations} iterations, expected ${stored.iterations} as the run in ${run.folder} has: ` +
        `learning rates of schedule ${stored.schedule} depend on them; start a new run with --init ${run.last}`,
    );
  }
  const done = await checkpointIteration(run);
  if (done !== undefined && done > config.iterations) {
    throw inputError(
      `--resume: got a total of ${config.iterations} iterations, expected at least the ${done} that the run in ` +
        `${run.folder} has made`,
    );
  }
  return { stored, config, trainSet };
}

/** Options that a run keeps for good, besides those that override its recipe. */
const settings = [
  ...(['data', 'model', 'width', 'init', 'input', 'recipe', 'order', 'seed', 'threads'] as const),
  ...(['trainSplit', 'valSplit'] as const),
];

/** @throws FcnError for the first option that is given and is not what the run has. */
function checkUnchanged(run: RunFolder, stored: RunConfig, asked: Record<string, unknown>): void {
  const { model: network, ...rest } = stored;
  const classWeighting = stored.classWeights ? 'balanced' : 'none';
  const kept: Record<string, unknown> = { ...rest, ...network, classWeighting };
  for (const [name, value] of Object.entries(asked)) {
    if (name === 'duration') continue;
    const asStored = name === 'input' ? inputPresets[value as InputPreset] : value;
    if (JSON.stringify(asStored) === JSON.stringify(kept[name])) continue;
    throw inputError(
      `--resume: got ${name} ${JSON.stringify(value)}, expected ${JSON.stringify(kept[name])} as the run in ${run.folder} ` +
        'has it; leave the option out, or start a new run in another folder',
    );
  }
}

function pick<T extends object>(
  from: T,
  names: readonly (keyof T & string)[],
  isGiven: (name: string) => boolean,
) {
  return Object.fromEntries(names.filter(isGiven).map((name) => [name, from[name]]));
}
