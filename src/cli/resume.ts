import { openDataset } from '../datasets/open.ts';
import { inputError } from '../errors.ts';
import { hasCheckpoint } from '../train/checkpoint.ts';
import { initialWeights, iterationsOf, type PreparedRun } from '../train/prepare.ts';
import type { RunConfig } from '../train/run-config.ts';
import type { RunFolder } from '../train/run-folder.ts';
import { overridesOf, type TrainArguments } from './train-arguments.ts';

/**
 * A run that goes on with the settings that it has. How long, how often to validate and to write checkpoints may
 * change; any other option may be repeated but not changed, or the run would not be what an uninterrupted one is.
 */
export async function prepareResume(
  run: RunFolder,
  given: TrainArguments,
  isGiven: (option: string) => boolean,
): Promise<Omit<PreparedRun, 'fates'>> {
  const stored = await run.readConfig();
  const overrides = overridesOf(given);
  const asked: Record<string, unknown> = {
    ...pick(
      given,
      ['data', 'model', 'width', 'init', 'recipe', 'order', 'seed', 'threads', 'trainSplit', 'valSplit'],
      isGiven,
    ),
    ...overrides,
  };
  delete asked.duration;
  const kept: Record<string, unknown> = { ...stored, ...stored.model };
  for (const [name, value] of Object.entries(asked)) {
    if (JSON.stringify(value) === JSON.stringify(kept[name])) continue;
    throw inputError(
      `--resume: got ${name} ${JSON.stringify(value)}, but the run in ${run.folder} has ${JSON.stringify(kept[name])}; ` +
        'leave the option out, or start a new run in another folder',
    );
  }
  const trainSet = await openDataset(stored.data, stored.trainSplit);
  const config: RunConfig = {
    ...stored,
    ...(overrides.duration && { iterations: iterationsOf(overrides.duration, trainSet, stored) }),
    ...(given.validateEvery !== undefined && { validateEvery: given.validateEvery }),
    ...(isGiven('checkpointEvery') && { checkpointEvery: given.checkpointEvery }),
  };
  const valSet = config.validateEvery > 0 ? await openDataset(config.data, config.valSplit) : undefined;
  await run.writeConfig(config);
  // A run that was stopped before its first checkpoint begins again.
  const weights = (await hasCheckpoint(run))
    ? new Map()
    : (await initialWeights(config.model, config)).weights;
  return { config, trainSet, valSet, weights };
}

function pick<T extends object>(from: T, names: (keyof T & string)[], isGiven: (name: string) => boolean) {
  return Object.fromEntries(names.filter(isGiven).map((name) => [name, from[name]]));
}
