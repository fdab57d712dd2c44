import type { Communicator } from '../base/mpi/communicator.ts';
import { type Batch, meanPixel } from '../data/batches/batch.ts';
import { loadBatches } from '../data/batches/loader.ts';
import type { Sample } from '../data/datasets/dataset.ts';
import { keepingSamples } from '../data/datasets/keeping-samples.ts';
import { trainingTransform } from '../data/transforms/augment.ts';
import { resizeSample } from '../data/transforms/resize.ts';
import type { RunConfig } from './run-config.ts';
import type { TrainOptions } from './train-options.ts';

/** One of several processes that share the micro-batches of each update: it has every `size`-th of them, from `rank` on. */
export type Share = Pick<Communicator, 'rank' | 'size'>;

const alone: Share = { rank: 0, size: 1 };

/** How many of the micro-batches of an update a process has. */
function countOf({ accumulate }: Pick<RunConfig, 'accumulate'>, { rank, size }: Share): number {
  return Math.ceil((accumulate - rank) / size);
}

/** What is done to a sample before it is kept: images that are trained on as a whole are made as large. */
export function preparation(size: RunConfig['trainSize']): (sample: Sample) => Sample {
  return (sample) => (size.mode === 'resize' ? resizeSample(sample, size.height, size.width) : sample);
}

/** The batches of a run from an iteration on, `accumulate` of which make one update; or the share of them that a process has. */
export function loadMicroBatches(
  { config, trainSet }: Pick<TrainOptions, 'config' | 'trainSet'>,
  iteration: number,
  share = alone,
): AsyncGenerator<Batch, void, undefined> {
  const { model, accumulate, iterations, batchSize, seed, order, trainSize, augment, lossShare } = config;
  const count = countOf(config, share);
  return loadBatches({
    ...{
      dataset: keepingSamples(trainSet, { prepare: preparation(trainSize) }),
      from: iteration * count,
      to: iterations * count,
    },
    numberOf: (turn) => Math.floor(turn / count) * accumulate + (turn % count) * share.size + share.rank,
    ...{ batchSize, seed, order, input: model.input },
    transform: trainingTransform(trainSize, augment, meanPixel(model.input), lossShare),
  });
}

/** The next micro-batches of one update. */
export async function ownBatches(
  batches: AsyncGenerator<Batch, void, undefined>,
  config: Pick<RunConfig, 'accumulate'>,
  share = alone,
): Promise<Batch[]> {
  const taken: Batch[] = [];
  while (taken.length < countOf(config, share)) {
    const { value } = await batches.next();
    if (!value) throw new Error('the loader ended before the run did');
    taken.push(value);
  }
  return taken;
}
