import { broadcastJson, isShared, together } from '../../base/mpi/agreement.ts';
import type { Communicator } from '../../base/mpi/communicator.ts';
import { allocate } from '../../base/tensor.ts';
import type { Batch } from '../../data/batches/batch.ts';
import type { Dataset } from '../../data/datasets/dataset.ts';
import { openDataset } from '../../data/datasets/open.ts';
import { parametersOf } from '../../networks/parameters.ts';
import { createTrainer } from '../create-trainer.ts';
import { locateData } from '../locate-data.ts';
import { loadMicroBatches, ownBatches } from '../micro-batches.ts';
import type { RunConfig } from '../run-config.ts';
import type { Trainer } from '../trainer.ts';
import { scoreSplit } from '../validator.ts';
import { passOrder } from './order.ts';
import { align, compareData, updateTogether } from './share-of-run.ts';

export interface FollowerOptions {
  /** Threads of this machine. */
  readonly threads: number;
  /** Whether this process was asked to stop, which rank 0 is told. */
  readonly isStopping: () => boolean;
}

/**
 * Any rank but 0 of a training: does what rank 0 orders (leader.ts) until that orders the end. Errors that all ranks know of
 * are for rank 0 to deal with.
 * @throws what went wrong here alone
 */
export async function follow(world: Communicator, options: FollowerOptions): Promise<void> {
  let run: FollowedRun | undefined;
  try {
    for (;;) {
      const { kind, iteration } = await passOrder(world);
      if (kind === 'end') return;
      try {
        if (kind === 'begin') {
          await run?.release();
          run = undefined;
          run = await FollowedRun.join(world, options, iteration);
        } else {
          await run![kind](iteration);
        }
      } catch (thrown) {
        if (!isShared(thrown)) throw thrown;
      }
    }
  } finally {
    await run?.release();
  }
}

/** A run of rank 0, as this rank has it. */
class FollowedRun {
  readonly #world: Communicator;
  readonly #options: FollowerOptions;
  readonly #config: RunConfig;
  readonly #trainer: Trainer;
  readonly #valSet: Dataset | undefined;
  readonly #batches: AsyncGenerator<Batch, void, undefined>;

  private constructor(
    world: Communicator,
    options: FollowerOptions,
    config: RunConfig,
    {
      trainer,
      valSet,
      batches,
    }: { trainer: Trainer; valSet: Dataset | undefined; batches: AsyncGenerator<Batch, void> },
  ) {
    this.#world = world;
    this.#options = options;
    this.#config = config;
    this.#trainer = trainer;
    this.#valSet = valSet;
    this.#batches = batches;
  }

  static async join(world: Communicator, options: FollowerOptions, iteration: number): Promise<FollowedRun> {
    const { threads } = options;
    const config = { ...(await broadcastJson<RunConfig>(world, undefined)), threads };
    const { trainer, ...sets } = await together(world, async () => {
      const data = locateData(config);
      const trainSet = await openDataset(data, config.trainSplit);
      const valSet = config.validateEvery > 0 ? await openDataset(data, config.valSplit) : undefined;
      const weights = new Map(
        parametersOf(config.model).map(({ name, shape }) => [name, allocate('float32', shape)]),
      );
      const trainer = await createTrainer(config, weights);
      return { trainer, trainSet, valSet };
    });
    await compareData(world, config, sets);
    await align(world, trainer.state);
    const batches = loadMicroBatches({ config, trainSet: sets.trainSet }, iteration, world);
    return new FollowedRun(world, options, config, { trainer, valSet: sets.valSet, batches });
  }

  async update(update: number): Promise<void> {
    const take = () => ownBatches(this.#batches, this.#config, this.#world);
    await updateTogether(this.#world, this.#trainer, update, take, this.#options.isStopping);
  }

  async align(): Promise<void> {
    await align(this.#world, this.#trainer.state);
  }

  async validate(): Promise<void> {
    const network = { config: this.#config.model, weights: this.#trainer.result };
    await scoreSplit(network, this.#valSet!, this.#config, { world: this.#world });
  }

  async release(): Promise<void> {
    await this.#batches.return();
    await this.#trainer.release();
  }
}
