import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { checkpointIteration } from '../../src/training/checkpoint.ts';
import type { Recipe } from '../../src/training/recipes.ts';
import type { RunFolder } from '../../src/training/run-folder.ts';
import { type TrainOptions, train } from '../../src/training/train.ts';
import { loadModel } from '../../src/weights/model-file.ts';
import { readSafetensors } from '../../src/weights/safetensors/safetensors.ts';
import { twoLabelings } from '../data/two-labelings.ts';
import { tinyRun } from './tiny-run.ts';

/** Everything that a run left, without what depends on the clock. */
async function traces(run: RunFolder) {
  const newest = `iteration-${await checkpointIteration(run)}.safetensors`;
  const { tensors } = await readSafetensors(run.file('checkpoints', newest));
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
    // The checkpoint before the newest is one of the moment at which a run was stopped.
    checkpoints: (await readdir(run.checkpoints)).filter(
      (name) => name === newest || !name.startsWith('iteration-'),
    ),
    bestMetrics: await readFile(run.bestMetrics, 'utf8'),
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

/** What an uninterrupted run leaves, made once for the same settings. */
const wholes = new Map<Partial<Recipe>, ReturnType<typeof traces>>();
function tracesOfWhole(overrides: Partial<Recipe>) {
  const made =
    wholes.get(overrides) ??
    (async () => {
      const { run, prepared } = await tinyRun(overrides);
      await train({ ...prepared, run });
      return traces(run);
    })();
  wholes.set(overrides, made);
  return made;
}

const plain = {};

const everySetting = { classWeighting: 'balanced', frozen: ['conv1'], headRate: 4, ema: 0.9 } as const;

const adamw = { optimizer: 'adamw', clip: 1, warmup: 3, schedule: 'cosine', ema: 0.9 } as const;

it('weights that are kept as the best have their row when validations move', async () => {
  const { run, prepared } = await tinyRun({ duration: { iterations: 6 } }, { validateEvery: 2 });
  const { best } = await train({ ...prepared, run });
  expect(best!.iteration).toBe(2);
  const moved = { ...prepared.config, validateEvery: 3, iterations: 9 };
  const again = await train({ ...prepared, config: moved, run });
  expect(again.best).toEqual(best);
  expect((await run.validations.rows()).map(([iteration]) => iteration)).toEqual(['2', '6', '9']);
});

describe('a resumed run is, bit for bit, what an uninterrupted one is', () => {
  const variants = [
    ['stopped', 5, 'stop', plain],
    ['killed between checkpoints', 5, 'kill', plain],
    ['killed before the first checkpoint', 2, 'kill', plain],
    ['stopped, with accumulated gradients', 4, 'stop', { accumulate: 3 }],
    ['stopped, with every setting', 5, 'stop', everySetting],
    ['stopped, with other losses', 5, 'stop', { objective: 'ce+lovasz', hardPixels: 0.5 }],
    ['stopped, with AdamW', 5, 'stop', adamw],
    ['killed, with AdamW and accumulated gradients', 8, 'kill', { ...adamw, accumulate: 2 }],
    ['killed, with every setting and accumulated gradients', 8, 'kill', { ...everySetting, accumulate: 2 }],
  ] as const;
  it('made longer, after it had ended', async () => {
    const shorter = await tinyRun({ duration: { iterations: 5 } }); // validates at 4 and, because it ends, at 5
    await train({ ...shorter.prepared, run: shorter.run });
    const longer = await tinyRun();
    await train({ ...longer.prepared, run: shorter.run });

    expect(await traces(shorter.run)).toEqual(await tracesOfWhole(plain));
  });

  it.each([
    ['than what it had before', 2, 34],
    ['with nothing before', 4, 6],
  ])('made longer, after an end that was better %s', async (_, validateEvery, seed) => {
    const wild = { learningRate: 0.1, momentum: 0.5, classWeighting: 'balanced', headRate: 10 } as const;
    const runOf = (iterations: number) =>
      tinyRun({ ...wild, duration: { iterations } }, { seed, validateEvery });
    const whole = await runOf(5);
    const { best } = await train({ ...whole.prepared, run: whole.run });
    expect(best!.iteration, 'the best is not at the end').toBe(validateEvery);

    const parted = await runOf(3);
    const shorter = await train({ ...parted.prepared, run: parted.run });
    expect(shorter.best!.iteration).toBe(3);
    if (validateEvery === 2) expect(shorter.best!.meanIoU).toBeGreaterThan(best!.meanIoU);
    const longer = await runOf(5);
    await train({ ...longer.prepared, run: parted.run });

    expect(await traces(parted.run)).toEqual(await traces(whole.run));
  });

  it.each([
    ['stopped', 5, 'stop', everySetting],
    ['killed, with accumulated gradients', 8, 'kill', { accumulate: 2, objective: 'ce+dice' }],
  ] as const)('with two heads, %s', async (_, after, how, overrides) => {
    const spec = 'shapes:?train=5&val=2&size=32&classes=4';
    const data = { train: await twoLabelings(spec, 'train'), val: await twoLabelings(spec, 'val') };
    const make = () => tinyRun(overrides, { data });
    const whole = await make();
    await train({ ...whole.prepared, run: whole.run });

    const parted = await make();
    await interrupt({ ...parted.prepared, run: parted.run }, after, how);
    const resumed = await make();
    await train({ ...resumed.prepared, run: parted.run });
    expect(await traces(parted.run)).toEqual(await traces(whole.run));

    const [header, ...rows] = (await readFile(parted.run.validations.file, 'utf8')).trim().split('\n');
    expect(header).toBe(
      'iteration,pixelAccuracy,meanAccuracy,meanIoU,fwIoU,' +
        'place.pixelAccuracy,place.meanAccuracy,place.meanIoU,place.fwIoU',
    );
    expect(rows).toHaveLength(3);
    const { heads } = (await parted.run.readBestMetrics())!;
    expect(Object.keys(heads!)).toEqual(['shape', 'place']);
    expect((await loadModel(parted.run.best)).config.heads!.map(({ name }) => name)).toEqual([
      'shape',
      'place',
    ]);
    const { classWeights } = await parted.run.readConfig();
    expect(classWeights?.length).toBe('classWeighting' in overrides ? 4 + 3 : undefined);
  });

  it.each(variants)('%s', async (_, after, how, overrides) => {
    const parted = await tinyRun(overrides);
    await interrupt({ ...parted.prepared, run: parted.run }, after, how);
    const resumed = await tinyRun(overrides); // fresh initial weights, as a new process has them
    const result = await train({ ...resumed.prepared, run: parted.run });

    expect(result.finished).toBe(true);
    expect(await traces(parted.run)).toEqual(await tracesOfWhole(overrides));
  });
});
