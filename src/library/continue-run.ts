import { inputError } from '../base/errors.ts';
import { type Data, openSplit } from '../data/datasets/splits.ts';
import { checkMemory, imageSizes } from '../training/check-memory.ts';
import { checkpointIteration } from '../training/checkpoint.ts';
import { changeBetween } from '../training/data-digest.ts';
import { locateInit } from '../training/locate-data.ts';
import { digestsOf, initialWeights, type PreparedRun } from '../training/prepare.ts';
import type { RunFolder } from '../training/run-folder.ts';

/**
 * A run that goes on with the settings that it has, from its last checkpoint.
 * @param what the function that is called, for messages
 * @throws FcnError when the data are not those that it began with.
 */
export async function prepareToContinue(run: RunFolder, data: Data, what: string): Promise<PreparedRun> {
  const config = await run.readConfig();
  const trainSet = await openSplit(data, config.trainSplit);
  const valSet = config.validateEvery > 0 ? await openSplit(data, config.valSplit) : undefined;
  const warnings = checkMemory(config, await imageSizes(config, trainSet, valSet));
  const now = await digestsOf(trainSet, valSet);
  const before = config.dataDigests;
  const change =
    before &&
    (changeBetween(before.train, now.train, config.trainSplit) ??
      (before.val && now.val && changeBetween(before.val, now.val, config.valSplit)));
  if (change !== undefined) {
    throw inputError(
      `${what}: data: got different data (${change}), expected what the run in ${run.folder} started with; start a ` +
        'new run from its weights with init',
    );
  }
  // A run that was ended before its first checkpoint begins again.
  const isAtStart = (await checkpointIteration(run)) === undefined;
  const init = locateInit(config);
  const first = isAtStart ? await initialWeights(config.model, { ...config, init }) : undefined;
  return {
    ...{ config, trainSet, valSet, warnings },
    weights: first?.weights ?? new Map(),
    fates: first?.fates ?? [],
  };
}
