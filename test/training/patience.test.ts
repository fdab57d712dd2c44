import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { train } from '../../src/training/train.ts';
import { tinyRun } from './tiny-run.ts';

/** A network that learns nothing: its first validation stays the best. */
const still = (patience: number) =>
  tinyRun({ learningRate: 0, duration: { iterations: 20 } }, { validateEvery: 2, patience });

const iterationsOf = (rows: string[][]) => rows.map(([iteration]) => Number(iteration));

describe('patience', () => {
  it('ends a run that does not get better, as any end', async () => {
    const { run, prepared } = await still(2);
    const result = await train({ ...prepared, run });
    expect(result).toMatchObject({
      iteration: 6,
      finished: true,
      outOfPatience: true,
      best: { iteration: 2 },
    });
    expect(iterationsOf(await run.validations.rows())).toEqual([2, 4, 6]);
    expect(iterationsOf(await run.log.rows())).toEqual([1, 2, 3, 4, 5, 6]);
    expect(await run.readSummary()).toMatchObject({
      iterations: 6,
      outOfPatience: true,
      best: { iteration: 2 },
    });
    expect(await readFile(run.last)).toEqual(await readFile(run.best));
  });

  it('is kept by a run that goes on, which ends where it would have', async () => {
    const { run, prepared } = await still(2);
    let iterations = 0;
    const events = { onIteration: () => void (iterations += 1) };
    const stopped = await train({ ...prepared, run, events, shouldStop: () => iterations === 5 });
    expect(stopped).toMatchObject({ iteration: 5, finished: false, outOfPatience: false });
    expect(await train({ ...prepared, run })).toMatchObject({ iteration: 6, outOfPatience: true });
    // Once more there is nothing to do; with more patience, there is.
    expect(await train({ ...prepared, run })).toMatchObject({ iteration: 6, outOfPatience: true });
    expect(iterationsOf(await run.log.rows())).toHaveLength(6);
    const config = { ...prepared.config, patience: 3 };
    expect(await train({ ...prepared, config, run })).toMatchObject({ iteration: 8, outOfPatience: true });
    expect(iterationsOf(await run.validations.rows())).toEqual([2, 4, 6, 8]);
  });

  it('counts from the best', async () => {
    const { run, prepared } = await tinyRun(
      { duration: { iterations: 10 } },
      { validateEvery: 1, patience: 3 },
    );
    const { best, iteration, outOfPatience } = await train({ ...prepared, run });
    const scores = (await run.validations.rows()).map((row) => Number(row[3]));
    const sinceBest = scores
      .slice(0, iteration)
      .map((_, i) => i - scores.indexOf(Math.max(...scores.slice(0, i + 1))));
    expect(best!.iteration - 1).toBe(scores.indexOf(Math.max(...scores)));
    expect(sinceBest.indexOf(3)).toBe(outOfPatience ? iteration - 1 : -1);
  });

  it('of 0 has no end', async () => {
    const { run, prepared } = await still(0);
    expect(await train({ ...prepared, run })).toMatchObject({ iteration: 20, outOfPatience: false });
    expect(Object.keys((await run.readSummary())!)).not.toContain('outOfPatience');
  });

  it('needs validations', async () => {
    await expect(tinyRun({}, { validateEvery: 0, patience: 1 })).rejects.toThrow(
      /^--patience: got 1 with --validate-every 0, expected a run with validations/,
    );
  });
});
