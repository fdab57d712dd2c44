import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { inputError } from '../../src/base/errors.ts';
import type { Dataset } from '../../src/data/datasets/dataset.ts';
import { checkpointIteration } from '../../src/training/checkpoint.ts';
import type { RunFolder } from '../../src/training/run-folder.ts';
import { train } from '../../src/training/train.ts';
import { tinyRun } from './tiny-run.ts';

const readSummary = async (run: RunFolder) => JSON.parse(await readFile(run.file('summary.json'), 'utf8'));

describe('summary.json', () => {
  it('says what the run took and came to, the parts before it was stopped included', async () => {
    const { run, prepared } = await tinyRun();
    let iterations = 0;
    const events = { onIteration: () => void (iterations += 1) };
    await train({ ...prepared, run, events, shouldStop: () => iterations === 5 });
    expect(existsSync(run.summary)).toBe(false);

    const resumed = await tinyRun();
    await train({ ...resumed.prepared, run });
    const summary = await readSummary(run);
    expect(Object.keys(summary)).toEqual(['iterations', 'seconds', 'peakMemoryBytes', 'best']);
    expect(summary.iterations).toBe(10);
    const [, , , , elapsed] = (await run.log.rows()).at(-1)!;
    expect(summary.seconds).toBeGreaterThanOrEqual(Number(elapsed));
    expect(summary.seconds).toBeLessThan(Number(elapsed) + 5);
    // As much as this process holds now, and no more than there is.
    expect(summary.peakMemoryBytes).toBeGreaterThan(0.5 * process.memoryUsage.rss());
    expect(summary.peakMemoryBytes).toBeLessThan(2 ** 40);
    const validations = await run.validations.rows();
    const scores = validations.map((row) => Number(row[3]));
    const best = scores.indexOf(Math.max(...scores));
    expect(summary.best).toEqual({ iteration: Number(validations[best]![0]), meanIoU: scores[best] });
  });

  it('of a run without validations has no best', async () => {
    const { run, prepared } = await tinyRun({ duration: { iterations: 1 } }, { validateEvery: 0 });
    await train({ ...prepared, run });
    expect(await readSummary(run)).toMatchObject({ iterations: 1, best: null });
  });

  it('stays when there is nothing left to do, and gives way when the run becomes longer', async () => {
    const { run, prepared } = await tinyRun({ duration: { iterations: 2 } });
    await train({ ...prepared, run });
    const { mtimeMs } = await stat(run.summary);
    await train({ ...prepared, run });
    expect((await stat(run.summary)).mtimeMs).toBe(mtimeMs);

    const longer = await tinyRun({ duration: { iterations: 4 } });
    await train({ ...longer.prepared, run });
    expect(await readSummary(run)).toMatchObject({ iterations: 4 });
  });
});

describe('a sample that cannot be loaded', () => {
  /** The data set, from some call of `load` on with nothing but broken images. */
  const breaking = (dataset: Dataset, from: number): Dataset => {
    let loaded = 0;
    return {
      ...dataset,
      async load(index) {
        if (loaded++ >= from) throw inputError(`image ${dataset.imageSource(index)}: broken`);
        return dataset.load(index);
      },
    };
  };

  it('of validation does not cost the iterations since the last checkpoint', async () => {
    const { run, prepared } = await tinyRun({}, { checkpointEvery: 0 });
    const valSet = breaking(prepared.valSet!, 1);
    await expect(train({ ...prepared, run, valSet })).rejects.toThrow(/image .*val_000001: broken/);
    expect(await checkpointIteration(run)).toBe(4);

    const repaired = await tinyRun({}, { checkpointEvery: 0 });
    const whole = await tinyRun({}, { checkpointEvery: 0 });
    expect((await train({ ...repaired.prepared, run })).finished).toBe(true);
    await train({ ...whole.prepared, run: whole.run });
    expect(await readFile(run.last)).toEqual(await readFile(whole.run.last));
    expect(await readFile(run.validations.file)).toEqual(await readFile(whole.run.validations.file));
  });

  it('of training does not either', async () => {
    const { run, prepared } = await tinyRun({}, { checkpointEvery: 0 });
    const trainSet = breaking(prepared.trainSet, 3); // those that were loaded are kept
    await expect(train({ ...prepared, run, trainSet })).rejects.toThrow(/image .*: broken/);
    expect(await checkpointIteration(run)).toBe(3);
  });

  it('leaves no checkpoint when it is the first', async () => {
    const { run, prepared } = await tinyRun();
    await expect(train({ ...prepared, run, trainSet: breaking(prepared.trainSet, 0) })).rejects.toThrow();
    expect(await checkpointIteration(run)).toBeUndefined();
  });
});
