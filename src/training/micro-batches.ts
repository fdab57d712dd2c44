import { type Batch, meanColor } from '../data/batches/batch.ts';
import { loadBatches } from '../data/batches/loader.ts';
import { trainingTransform } from '../data/transforms/augment.ts';
import type { TrainOptions } from './train-options.ts';

/** The batches of a run from an iteration on, `accumulate` of which make one update. */
export function loadMicroBatches(
  { config, trainSet }: Pick<TrainOptions, 'config' | 'trainSet'>,
  iteration: number,
): AsyncGenerator<Batch, void, undefined> {
  const { model, accumulate, iterations, batchSize, seed, order, trainSize, augment } = config;
  return loadBatches({
    ...{ dataset: trainSet, from: iteration * accumulate, to: iterations * accumulate },
    ...{ batchSize, seed, order, input: model.input },
    transform: trainingTransform(trainSize, augment, meanColor(model.input)),
  });
}
