import { broadcastJson, together } from '../../base/mpi/agreement.ts';
import type { Communicator } from '../../base/mpi/communicator.ts';
import type { Member, Ranks } from '../../base/mpi/members.ts';
import type { Batch } from '../../data/batches/batch.ts';
import type { RunConfig } from '../run-config.ts';
import type { Trainer } from '../trainer.ts';
import { type OrderKind, passOrder } from './order.ts';
import { align, checkRanks, compareData, updateTogether } from './share-of-run.ts';

/**
 * Rank 0 of a training on several: it alone reads the command line, decides, and writes. The others (follower.ts) do what it orders,
 * and have nothing but the data.
 */
export class Leader {
  readonly world: Communicator;
  readonly members: readonly Member[];
  #stops = false;
  /** The iteration after which all ranks were last given the same numbers. */
  #aligned: number | undefined;

  constructor({ world, members }: Ranks) {
    this.world = world;
    this.members = members;
  }

  /** Whether another rank was asked to stop. */
  get isAskedToStop(): boolean {
    return this.#stops;
  }

  /**
   * Begins a run, or goes on with one.
   * @throws FcnError where a rank cannot take part, naming it: its data are others, or cannot be read
   */
  async begin(config: RunConfig, trainer: Trainer, iteration: number): Promise<void> {
    const { world } = this;
    checkRanks(world, config);
    await this.#order('begin', iteration);
    await broadcastJson(world, config);
    await together(world, async () => undefined); // the others open the data
    await compareData(world, config, undefined);
    await align(world, trainer.state);
    this.#aligned = iteration;
  }

  /** One update; see updateTogether. */
  async update(trainer: Trainer, update: number, take: () => Promise<Batch[]>): Promise<number> {
    await this.#order('update', update);
    const { loss, stops } = await updateTogether(this.world, trainer, update, take, () => false);
    this.#stops ||= stops;
    return loss;
  }

  /** Before weights are saved or validated; see align. */
  async align(trainer: Trainer, iteration: number): Promise<void> {
    if (this.#aligned === iteration) return;
    await this.#order('align', iteration);
    await align(this.world, trainer.state);
    this.#aligned = iteration;
  }

  /** Before a validation in which all take part. */
  async announceValidation(iteration: number): Promise<void> {
    await this.#order('validate', iteration);
  }

  /** There is nothing more to do for the others. */
  async end(): Promise<void> {
    await this.#order('end', 0);
  }

  async #order(kind: OrderKind, iteration: number): Promise<void> {
    await passOrder(this.world, { kind, iteration });
  }
}
