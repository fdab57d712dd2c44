import { setTimeout } from 'node:timers/promises';
import { FcnError } from '../../base/errors.ts';
import type { Contender } from './processes.ts';
import { median } from './statistics.ts';

/** How a contender did. */
export interface Result {
  readonly name: string;
  /** Milliseconds of each timed round; empty for one that was dropped after the warm-up. */
  readonly times: number[];
  /** Undefined for whole programs. */
  peakRssMb: number | undefined;
}

/** Of those that were not dropped. */
export function fastestOf(results: readonly Result[]): Result | undefined {
  return results.filter(({ times }) => times.length > 0).sort((a, b) => median(a.times) - median(b.times))[0];
}

export interface RaceOptions {
  readonly rounds: number;
  /** Rounds before those that are not timed: the first touch all memory. */
  readonly warmup: number;
  readonly say: (line: string) => void;
}

interface Entry {
  readonly contender: Contender;
  /** Of the warm-up, the shortest time. */
  warm: number;
  isOut: boolean;
  readonly result: Result;
}

/** Milliseconds before each step: the threads of the step before look for more work for a while, and would slow this one down. */
const pause = 100;

/** How much slower than the best form of the same tool a form must be to leave the race after the warm-up. */
const clearlySlower = 1.15;

/**
 * One step of each in turn, so that what else the machine does meets all of them alike. The first contender is ours; of
 * the others, forms that the warm-up shows to be clearly slower than another of the same tool leave then.
 */
export async function race(
  contenders: readonly Contender[],
  { rounds, warmup, say }: RaceOptions,
): Promise<Result[]> {
  const entries = contenders.map(
    (contender): Entry => ({
      contender,
      warm: Number.POSITIVE_INFINITY,
      isOut: false,
      result: { name: contender.name, times: [], peakRssMb: undefined },
    }),
  );
  const [ours, ...peers] = entries as [Entry, ...Entry[]];
  /** Another tool may fail, as a compiler does that has a fault: it leaves the race, and the others go on. */
  const dropFailed = async (entry: Entry, error: unknown) => {
    if (entry === ours || !(error instanceof FcnError)) throw error;
    say(`${entry.contender.name} dropped: ${error.message}`);
    entry.isOut = true;
    entry.result.times.length = 0;
    await entry.contender.end();
  };
  try {
    for (const entry of entries) await entry.contender.ready().catch((error) => dropFailed(entry, error));
    for (let round = -warmup; round < rounds; round++) {
      if (round === 0) await dropSlow(peers, say);
      for (const entry of entries.filter(({ isOut }) => !isOut)) {
        await setTimeout(pause);
        const step = await entry.contender.step().catch((error) => dropFailed(entry, error));
        if (!step) continue;
        const { ms, peakRssMb } = step;
        if (round >= 0) entry.result.times.push(ms);
        else entry.warm = Math.min(entry.warm, ms);
        entry.result.peakRssMb = peakRssMb;
        say(`${entry.contender.name} ${ms.toFixed(0)} ms${round < 0 ? ' (warm-up)' : ''}`);
      }
    }
    return entries.map(({ result }) => result);
  } finally {
    await Promise.all(entries.filter(({ isOut }) => !isOut).map(({ contender }) => contender.end()));
  }
}

async function dropSlow(peers: readonly Entry[], say: RaceOptions['say']): Promise<void> {
  const running = peers.filter(({ isOut }) => !isOut);
  const bestOf = (tool: string) =>
    Math.min(...running.filter(({ contender }) => toolOf(contender) === tool).map(({ warm }) => warm));
  for (const peer of running) {
    const best = bestOf(toolOf(peer.contender));
    if (peer.warm <= clearlySlower * best) continue;
    say(
      `${peer.contender.name} dropped: it takes ${(peer.warm / best).toFixed(2)} times as long as the other form`,
    );
    peer.isOut = true;
    await peer.contender.end();
  }
}

/** `PyTorch` of `PyTorch, channels last`. */
function toolOf({ name }: Contender): string {
  return name.split(',')[0]!;
}
