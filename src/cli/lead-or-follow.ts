import { shareError } from '../base/mpi/agreement.ts';
import type { Ranks } from '../base/mpi/members.ts';
import { follow } from '../training/ranks/follower.ts';
import { Leader } from '../training/ranks/leader.ts';
import { watchInterruptionQuietly } from './interruption.ts';

/** A training that several ranks make: rank 0 leads, and whatever becomes of that, the others are told when there is no more to do. */
export async function leadOrFollow(
  ranks: Ranks,
  { threads }: { readonly threads: number },
  lead: (leader: Leader) => Promise<void>,
): Promise<void> {
  const { world } = ranks;
  if (world.rank > 0) {
    const watch = watchInterruptionQuietly();
    await follow(world, { threads, isStopping: watch.requested }).finally(watch.end);
    return;
  }
  const leader = new Leader(ranks);
  try {
    await lead(leader);
  } catch (thrown) {
    if (world.isBroken) throw thrown;
    await leader.end();
    throw shareError(thrown);
  }
  await leader.end();
}
