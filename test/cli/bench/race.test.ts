import { describe, expect, it } from 'vitest';
import { failure } from '../../../src/base/errors.ts';
import type { Contender } from '../../../src/cli/bench/processes.ts';
import { race } from '../../../src/cli/bench/race.ts';

/** Takes the same time at every step, and notes what happens to it. */
function contender(name: string, ms: number, events: string[], peakRssMb = 100): Contender {
  return {
    name,
    ready: async () => void events.push(`${name} ready`),
    step: async () => {
      events.push(name);
      return { ms, peakRssMb };
    },
    end: async () => void events.push(`${name} end`),
  };
}

describe('race', () => {
  it('takes steps in turn, and does not count those of the warm-up', async () => {
    const events: string[] = [];
    const contenders = [contender('a', 1, events), contender('b', 2, events)];
    const results = await race(contenders, { rounds: 2, warmup: 1, say: () => {} });
    expect(events).toEqual(['a ready', 'b ready', 'a', 'b', 'a', 'b', 'a', 'b', 'a end', 'b end']);
    expect(results).toEqual([
      { name: 'a', times: [1, 1], peakRssMb: 100 },
      { name: 'b', times: [2, 2], peakRssMb: 100 },
    ]);
  });

  it('drops the clearly slower form of PyTorch after the warm-up, and keeps what memory it took', async () => {
    const events: string[] = [];
    const said: string[] = [];
    const contenders = [
      contender('ours', 50, events),
      contender('PyTorch', 20, events, 7),
      contender('PyTorch, channels last', 10, events),
    ];
    const results = await race(contenders, { rounds: 3, warmup: 1, say: (line) => said.push(line) });
    expect(results.map(({ times }) => times.length)).toEqual([3, 0, 3]);
    expect(results[1]!.peakRssMb).toBe(7);
    expect(said).toContain('PyTorch dropped: it takes 2.00 times as long as the other form');
    expect(events.filter((event) => event === 'PyTorch end')).toHaveLength(1);
  });

  it('keeps both where they are close, or where nothing was warmed up', async () => {
    const close = [contender('ours', 1, []), contender('a', 10, []), contender('b', 11, [])];
    const far = [contender('ours', 1, []), contender('a', 10, []), contender('b', 30, [])];
    for (const [contenders, warmup] of [[close, 1] as const, [far, 0] as const]) {
      const results = await race(contenders, { rounds: 1, warmup, say: () => {} });
      expect(results.map(({ times }) => times.length)).toEqual([1, 1, 1]);
    }
  });

  it('goes on without another tool that fails, and says so', async () => {
    const events: string[] = [];
    const said: string[] = [];
    const broken = {
      ...contender('PyTorch, compiled', 1, events),
      step: () => Promise.reject(failure('bench: PyTorch, compiled ended early: no compiler')),
    };
    const contenders = [contender('ours', 1, events), broken, contender('PyTorch', 2, events)];
    const results = await race(contenders, { rounds: 2, warmup: 1, say: (line) => said.push(line) });
    expect(results.map(({ times }) => times.length)).toEqual([2, 0, 2]);
    expect(said).toContain('PyTorch, compiled dropped: bench: PyTorch, compiled ended early: no compiler');
    expect(events.filter((event) => event === 'PyTorch, compiled end')).toHaveLength(1);
  });

  it('ends with the error when ours fails', async () => {
    const ours = {
      ...contender('ours', 1, []),
      step: () => Promise.reject(failure('ours ended early')),
    };
    const racing = race([ours, contender('PyTorch', 2, [])], { rounds: 1, warmup: 1, say: () => {} });
    await expect(racing).rejects.toThrow('ours ended early');
  });

  it('ends every process when one fails for no reason that it knows', async () => {
    const events: string[] = [];
    const broken = {
      ...contender('broken', 1, events),
      step: () => Promise.reject(new Error('out of memory')),
    };
    const racing = race([contender('ours', 1, events), broken], { rounds: 1, warmup: 0, say: () => {} });
    await expect(racing).rejects.toThrow('out of memory');
    expect(events).toEqual(expect.arrayContaining(['ours end', 'broken end']));
  });
});
