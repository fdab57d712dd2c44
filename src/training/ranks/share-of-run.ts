import { createHash } from 'node:crypto';
import { inputError } from '../../base/errors.ts';
import { checkSame, sumTogether, together } from '../../base/mpi/agreement.ts';
import type { Communicator } from '../../base/mpi/communicator.ts';
import type { Batch } from '../../data/batches/batch.ts';
import type { Dataset } from '../../data/datasets/dataset.ts';
import type { TrainingState } from '../../engine/training/state.ts';
import { digestsOf } from '../prepare.ts';
import type { RunConfig } from '../run-config.ts';
import type { Trainer } from '../trainer.ts';

/** @throws FcnError where an update has fewer micro-batches than there are ranks, so that some had nothing to do */
export function checkRanks({ size }: Pick<Communicator, 'size'>, { accumulate }: RunConfig): void {
  if (accumulate >= size) return;
  throw inputError(
    `mpirun: got ${size} ranks, expected at most ${accumulate}: an update of this run has ${accumulate} ` +
      `${accumulate === 1 ? 'batch' : 'batches'}, which the ranks share; start with fewer ranks`,
  );
}

/**
 * One update that all ranks make together: each accumulates the gradients of its micro-batches; gradients, losses and counts are
 * summed; and each updates its own weights with the sums, which are the same to the bit.
 * @param take this rank's micro-batches
 * @returns the loss over the micro-batches of all, and whether a rank was asked to stop
 */
export async function updateTogether(
  world: Communicator,
  trainer: Trainer,
  update: number,
  take: () => Promise<Batch[]>,
  isStopping: () => boolean,
): Promise<{ loss: number; stops: boolean }> {
  const accumulate = async () => {
    const { loss, count } = await trainer.accumulate(await take());
    return [undefined, [loss, count, Number(isStopping())]] as const;
  };
  const [, sums] = await sumTogether(world, accumulate, 3);
  const [loss, count, stopping] = sums as [number, number, number];
  await world.sum(trainer.state.gradients);
  return { loss: await trainer.update({ loss, count }, update), stops: stopping > 0 };
}

/** Gives all ranks the weights and the optimizer's state of rank 0: processors that round differently may have drifted apart. */
export async function align(world: Communicator, { weights, kinds }: TrainingState): Promise<void> {
  for (const tensors of [weights, ...kinds.values()]) {
    for (const { data } of tensors.values()) await world.broadcast(data);
  }
}

/** @throws FcnError (exit code 2, of all ranks) naming a rank whose data are not those of rank 0 */
export async function compareData(
  world: Communicator,
  config: RunConfig,
  sets: { trainSet: Dataset; valSet: Dataset | undefined } | undefined,
): Promise<void> {
  // Rank 0 has just computed its own.
  const digests = await together(world, async () =>
    sets ? digestsOf(sets.trainSet, sets.valSet) : config.dataDigests!,
  );
  const { train, val } = digests;
  const own = { train, val: config.validateEvery > 0 ? val : undefined };
  const parts = Object.entries(own).flatMap(([split, digest]) =>
    Object.entries(digest ?? {}).map(([part, value]) => {
      const name = split === 'train' ? config.trainSplit : config.valSplit;
      return [`${wordsOf[part]} of split ${name}`, short(value)] as const;
    }),
  );
  await checkSame(world, Object.fromEntries(parts), 'give every machine the same data');
}

const wordsOf: Readonly<Record<string, string>> = {
  images: 'number of images',
  ids: 'list of images (digest)',
  labels: 'labels (digest)',
  imageFiles: 'image files (digest)',
};

function short(value: number | string): string {
  return typeof value === 'number'
    ? String(value)
    : createHash('sha256').update(value).digest('hex').slice(0, 8);
}
