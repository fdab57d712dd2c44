import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { RunFolder } from '../../src/train/run-folder.ts';
import { type TrainOptions, train } from '../../src/train/train.ts';
import { readSafetensors } from '../../src/weights/safetensors.ts';
import { tinyRun } from './tiny-run.ts';

/** Everything that a run left, without what depends on the clock. */
async function traces(run: RunFolder) {
  const { tensors } = await readSafetensors(run.file('checkpoints', 'iteration-10.safetensors'));
  return {
    state: [...tensors].map(([name, { data }]) => [name, Buffer.from(data.buffer).toString('base64')]),
    log: (await run.log.rows()).map(([iteration, epoch, loss, rate, , ids]) => [
      iteration,
      epoch,
      loss,
      rate,
      ids,
    ]),
    validations: await run.validations.rows(),
    best: (await readFile(run.best)).toString('base64'),
    last: (await readFile(run.last)).toString('base64'),
  };
}

/** Stops a run after some iterations, as Ctrl-C does, or breaks off without a word, as a kill does. */
async function interrupt(options: TrainOptions, after: number, how: 'stop' | 'kill') {
  let iterations = 0;
  const events = {
    onIteration() {
      iterations += 1;
      if (how === 'kill' && iterations === after) throw new Error('killed');
    },
  };
  const run = train({ ...options, events, shouldStop: () => how === 'stop' && iterations === after });
  if (how === 'kill') await expect(run).rejects.toThrow('killed');
  else expect((await run).finished).toBe(false);
}

describe('a resumed run is, bit for bit, what an uninterrupted one is', () => {
  const variants = [
    ['stopped', 5, 'stop', {}],
    ['killed between checkpoints', 5, 'kill', {}],
    ['killed before the first checkpoint', 2, 'kill', {}],
    ['stopped, with accumulated gradients', 4, 'stop', { accumulate: 3 }],
  ] as const;
  it('made longer, after it had ended', async () => {
    const whole = await tinyRun();
    await train({ ...whole.prepared, run: whole.run });

    const shorter = await tinyRun({ duration: { iterations: 5 } }); // validates at 4 and, because it ends, at 5
    await train({ ...shorter.prepared, run: shorter.run });
    const longer = await tinyRun();
    await train({ ...longer.prepared, run: shorter.run });

    expect(await traces(shorter.run)).toEqual(await traces(whole.run));
  });

  it.each(variants)('%s', async (_, after, how, overrides) => {
    const whole = await tinyRun(overrides);
    await train({ ...whole.prepared, run: whole.run });

    const parted = await tinyRun(overrides);
    await interrupt({ ...parted.prepared, run: parted.run }, after, how);
    const resumed = await tinyRun(overrides); // fresh initial weights, as a new process has them
    const result = await train({ ...resumed.prepared, run: parted.run });

    expect(result.finished).toBe(true);
    expect(await traces(parted.run)).toEqual(await traces(whole.run));
  });
});
