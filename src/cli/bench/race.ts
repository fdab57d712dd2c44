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
  const entries = contenders.map((contender) => ({
    contender,
    warm: Number.POSITIVE_INFINITY,
    isOut: false,
    result: { name: contender.name, times: [], peakRssMb: undefined } as Result,
  }));
  try {
    for (const { contender } of entries) await contender.ready();
    for (let round = -warmup; round < rounds; round++) {
      if (round === 0) await drop(entries.slice(1), say);
      for (const entry of entries.filter(({ isOut }) => !isOut)) {
        const { ms, peakRssMb } = await entry.contender.step();
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

async function drop(
  peers: { contender: Contender; warm: number; isOut: boolean }[],
  say: RaceOptions['say'],
): Promise<void> {
  const bestOf = (tool: string) =>
    Math.min(...peers.filter(({ contender }) => toolOf(contender) === tool).map(({ warm }) => warm));
  for (const peer of peers) {
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
