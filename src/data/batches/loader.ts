import { random } from '../../base/rng.ts';
import type { Dataset, Sample } from '../datasets/dataset.ts';
import { datasetFor } from '../datasets/for-network.ts';
import type { InputConfig } from '../input-config.ts';
import type { Transform } from '../transforms/transform.ts';
import { type Batch, toBatch } from './batch.ts';
import { prefetch } from './prefetch.ts';
import { createSampler, type Order } from './sampler.ts';

export interface LoaderOptions {
  readonly dataset: Dataset;
  /** First batch and the one behind the last, counted from 0 since the start of the run. */
  readonly from: number;
  readonly to: number;
  /** Where only some of the batches are wanted: the numbers that stand in place of `from` to `to` - 1. */
  readonly numberOf?: (turn: number) => number;
  readonly batchSize: number;
  readonly seed: number;
  readonly order: Order;
  readonly transform: Transform;
  readonly input: InputConfig;
  /** Batches that are made in the background while one is in use. Default: 3. */
  readonly prefetch?: number;
}

/**
 * The batches `from` to `to` - 1 of a run, in order. Batch i holds the samples i * batchSize and following, each a
 * function of (seed, its number) only, so a run that resumes at i sees the batches that it would have seen, and so does one whose batches are shared out.
 * @throws the error of the first batch that cannot be made, when its turn comes.
 */
export async function* loadBatches(options: LoaderOptions): AsyncGenerator<Batch, void, undefined> {
  const {
    from,
    to,
    numberOf = (turn) => turn,
    batchSize,
    seed,
    order,
    transform,
    input,
    prefetch: ahead = 3,
  } = options;
  const dataset = await datasetFor(options.dataset, input);
  const indexOf = createSampler(dataset.ids.length, seed, order);

  const loadSample = async (k: number): Promise<Sample> => {
    return transform(await dataset.load(indexOf(k)), random(seed, 'augment', k));
  };
  // One sample after the other: the batches ahead keep the decoder busy, and few full-size images are in memory.
  const loadBatch = async (turn: number): Promise<Batch> => {
    const samples: Sample[] = [];
    const first = numberOf(turn) * batchSize;
    for (let k = first; k < first + batchSize; k++) samples.push(await loadSample(k));
    return toBatch(samples, input, first);
  };

  yield* prefetch(loadBatch, { from, to, ahead });
}
