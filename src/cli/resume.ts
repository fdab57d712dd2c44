import { existsSync } from 'node:fs';
import { counted } from '../base/counted.ts';
import { inputError } from '../base/errors.ts';
import { inShell } from '../base/shell.ts';
import type { Dataset } from '../data/datasets/dataset.ts';
import { labelingsOf } from '../data/datasets/labelings.ts';
import { openDataset } from '../data/datasets/open.ts';
import { type InputPreset, inputPresets } from '../data/input-config.ts';
import { classesOfHeads } from '../networks/class-heads.ts';
import { checkLogs } from '../training/check-logs.ts';
import { checkMemory, imageSizes } from '../training/check-memory.ts';
import { checkpointIteration } from '../training/checkpoint.ts';
import { changeBetween } from '../training/data-digest.ts';
import { dependsOnLength } from '../training/learning-rate.ts';
import { isThere, locateData, locateInit } from '../training/locate-data.ts';
import { digestsOf, initialWeights, iterationsOf, type PreparedRun } from '../training/prepare.ts';
import type { RunConfig } from '../training/run-config.ts';
import type { RunFolder } from '../training/run-folder.ts';
import { checkPatience } from '../training/validator.ts';
import { overridesOf, type RunArguments } from './train-arguments.ts';
import { warn } from './warn.ts';

/**
 * A run that goes on with the settings that it has. How long, how often to validate and to write checkpoints, patience, the
 * threads, the device and where the data is may change; any other option may be repeated but not changed, or the run would not be what
 * an uninterrupted one is. Nor may the data change, unless it is said that it may.
 */
export async function prepareResume(
  run: RunFolder,
  given: Partial<RunArguments> = {},
  isGiven: (option: string) => boolean = () => false,
): Promise<PreparedRun> {
  const { stored, config, spec, trainSet } = await resumedConfig(run, given, isGiven);
  const valSet = config.validateEvery > 0 ? await openDataset(spec, config.valSplit) : undefined;
  // The run may go on on a smaller machine than it began on.
  warn(checkMemory(config, await imageSizes(config, trainSet, valSet)));
  const dataDigests = await checkData(run, stored, { config, trainSet, valSet }, given.changedData ?? false);
  const done = await checkpointIteration(run);
  if (done !== undefined) await checkLogs(run, done, given.force && ((what) => warn([what])));
  if (done === undefined && (await run.hasBegun()) && existsSync(run.last)) {
    throw inputError(
      `--resume: got no checkpoint in ${run.checkpoints}, expected that of the run's last iteration; start a new run ` +
        `with --init ${inShell(run.last)}`,
    );
  }
  // A run that was killed before its first checkpoint begins again.
  const init = locateInit({ init: config.init, directory: stored.directory });
  const first = done === undefined ? await initialWeights(config.model, { ...config, init }) : undefined;
  const current = { ...config, dataDigests };
  await run.writeConfig(current);
  return {
    config: current,
    trainSet,
    valSet,
    weights: first?.weights ?? new Map(),
    fates: first?.fates ?? [],
  };
}

/**
 * The settings that a run goes on with, and its data; whether they have changed is for checkData to say.
 * @throws FcnError for options that it cannot go on with.
 */
export async function resumedConfig(
  run: RunFolder,
  given: Partial<RunArguments>,
  isGiven: (option: string) => boolean,
): Promise<{ stored: RunConfig; config: RunConfig; spec: string; trainSet: Dataset }> {
  const stored = await run.readConfig();
  const overrides = overridesOf(given);
  // Of runs without digests, nobody can tell whether other data are the same.
  const fixed = stored.dataDigests ? settings : [...settings, 'data' as const];
  const { accumulate } = overrides;
  const ranks = given.leader?.world.size ?? 1;
  const asked = { ...overrides, ...(accumulate && { accumulate: accumulate * ranks }) };
  checkUnchanged(run, stored, { ...pick(given, fixed, isGiven), ...asked });

  const spec = isGiven('data') ? given.data! : locateData(stored);
  if (!isThere(spec)) {
    throw inputError(
      `--resume: got no data at ${spec}, where the run in ${run.folder} had it; give its new place with --data`,
    );
  }
  const trainSet = await openDataset(spec, stored.trainSplit);
  const ofData = labelingsOf(trainSet).map(({ classes }) => classes);
  const ofRun = classesOfHeads(stored.model);
  const listed = (all: readonly (readonly string[])[]) =>
    all.map((classes) => classes.join('\n').normalize('NFC')).join('\n\n');
  const inWords = (all: readonly (readonly string[])[]) =>
    all.map((classes) => classes.join(', ')).join('; ');
  if (listed(ofData) !== listed(ofRun)) {
    throw inputError(
      `--resume: got classes ${inWords(ofData)} in ${trainSet.name}, expected those of the run in ` +
        `${run.folder}, ${inWords(ofRun)}; start a new run with --init ${inShell(run.last)}`,
    );
  }
  const isHere = isGiven('data') || spec === stored.data;
  const config: RunConfig = {
    ...stored,
    ...(isHere && { data: spec, directory: process.cwd() }),
    ...(overrides.duration && { iterations: iterationsOf(overrides.duration, trainSet, stored) }),
    ...(given.validateEvery !== undefined && { validateEvery: given.validateEvery }),
    ...(given.patience !== undefined && { patience: given.patience }),
    ...(isGiven('checkpointEvery') && { checkpointEvery: given.checkpointEvery! }),
    ...(isGiven('threads') && { threads: given.threads! }),
    ...(isGiven('device') && { device: given.device! }),
  };
  checkPatience(config);
  if (config.iterations !== stored.iterations && dependsOnLength(stored.schedule)) {
    throw inputError(
      `--resume: got ${counted(config.iterations, 'iteration')}, expected ${stored.iterations} as in the run in ${run.folder}: ` +
        `the learning rates of schedule ${stored.schedule} depend on them; start a new run with --init ${inShell(run.last)}`,
    );
  }
  const done = await checkpointIteration(run);
  if (done !== undefined && done > config.iterations) {
    throw inputError(
      `--resume: got a total of ${counted(config.iterations, 'iteration')}, expected at least the ${done} that the run in ` +
        `${run.folder} has made`,
    );
  }
  return { stored, config, spec, trainSet };
}

/**
 * Compares the data with what the run began with.
 * @returns the digests of the data as they are
 * @throws FcnError saying what has changed, unless the run is to go on with it
 */
async function checkData(
  run: RunFolder,
  stored: RunConfig,
  { config, trainSet, valSet }: Pick<PreparedRun, 'config' | 'trainSet' | 'valSet'>,
  mayChange: boolean,
): Promise<NonNullable<RunConfig['dataDigests']>> {
  const before = stored.dataDigests;
  const now = await digestsOf(trainSet, valSet);
  if (!before) {
    warn([
      `${run.folder}: an earlier version started this run, so fcn cannot tell whether its data has changed since`,
    ]);
    return now;
  }
  const change =
    changeBetween(before.train, now.train, config.trainSplit) ??
    (before.val && now.val && changeBetween(before.val, now.val, config.valSplit));
  // A run that is no longer validated still knows what it was validated on.
  const digests = { ...before, ...now };
  if (change === undefined) return digests;
  if (mayChange) {
    warn([
      `${run.folder} continues with changed data: ${change}; earlier losses and scores are from the old data`,
    ]);
    return digests;
  }
  const got = config.data === stored.data ? 'changed data' : `data ${JSON.stringify(config.data)}`;
  throw inputError(
    `--resume: got ${got}, but ${change}, expected ${JSON.stringify(stored.data)} as it was when the run in ` +
      `${run.folder} started; add --changed-data to continue anyway, or start a new run with --init ${inShell(run.last)}`,
  );
}

/** Options that a run keeps for good, besides those that override its recipe. */
const settings = [
  ...(['model', 'width', 'init', 'input', 'recipe', 'budget', 'order', 'seed', 'plan'] as const),
  ...(['trainSplit', 'valSplit'] as const),
];

/** @throws FcnError for the first option that is given and is not what the run has. */
function checkUnchanged(run: RunFolder, stored: RunConfig, asked: Record<string, unknown>): void {
  const { model: network, ...rest } = stored;
  const classWeighting = stored.classWeights ? 'balanced' : 'none';
  const { background = 'scored', fusion = 'sum' } = network;
  const kept: Record<string, unknown> = { ...network, ...rest, background, fusion, classWeighting };
  for (const [name, value] of Object.entries(asked)) {
    if (name === 'duration') continue;
    const asStored = name === 'input' ? inputPresets[value as InputPreset] : value;
    if (JSON.stringify(asStored) === JSON.stringify(kept[name])) continue;
    throw inputError(
      `--resume: got ${name} ${JSON.stringify(value)}, expected ${JSON.stringify(kept[name])} as in the run in ${run.folder}` +
        '; leave the option out, or start a new run in another folder',
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
