import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type StageSettings, trainInStages } from '../../src/library/index.ts';
import { fcn, tinyData } from '../cli/fcn.ts';

const stages = ['fcn32s', 'fcn16s', 'fcn8s'] as const;
const settings: StageSettings = {
  ...{ data: tinyData, model: 'fcn8s-mobilenetv2', width: 0.125, threads: 1, report: false },
  trainSize: { mode: 'crop', height: 24, width: 30 },
  valSize: { mode: 'native' },
  ...{ duration: { iterations: 4 }, validateEvery: 2, checkpointEvery: 2, learningRate: 1e-2 },
  ofStage: { fcn16s: { learningRate: 1e-3 }, fcn8s: { learningRate: 1e-3 } },
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'fcn-stages-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const weightsOf = (out: string) =>
  Promise.all(stages.map((stage) => readFile(path.join(folder, out, stage, 'last.safetensors'))));

it('stages of a program end as those of the command line do, also when they are interrupted', async () => {
  const whole = await trainInStages({ ...settings, out: path.join(folder, 'whole') });
  expect(whole.map(({ name, finished }) => [name, finished])).toEqual(stages.map((name) => [name, true]));

  const options = [
    '--model',
    'fcn8s-mobilenetv2',
    '--stages',
    '32s,16s,8s',
    '--width',
    '0.125',
    '--threads',
    '1',
  ];
  const sizes = ['--crop', '24x30', '--val-size', 'native', '--iterations', '4'];
  const often = ['--validate-every', '2', '--checkpoint-every', '2', '--learning-rate', '1e-2,1e-3,1e-3'];
  const typed = await fcn(
    'train',
    '--data',
    tinyData,
    ...options,
    ...sizes,
    ...often,
    '--out',
    path.join(folder, 'typed'),
  );
  expect(typed.stderr).not.toContain('fcn: ');

  const controller = new AbortController();
  let steps = 0;
  const events = { onIteration: () => void (++steps === 6 && controller.abort()) };
  const again = { ...settings, out: path.join(folder, 'again') };
  const part = await trainInStages({ ...again, events, signal: controller.signal });
  expect(part.map(({ name, finished }) => [name, finished])).toEqual([
    ['fcn32s', true],
    ['fcn16s', false],
  ]);
  await expect(trainInStages(again)).rejects.toThrow(/already holds a run.*set resume/);
  await trainInStages({ ...again, resume: true });

  const expected = await weightsOf('typed');
  for (const out of ['whole', 'again']) {
    for (const [i, found] of (await weightsOf(out)).entries()) {
      expect(Buffer.compare(found, expected[i]!), `${out} ${stages[i]}`).toBe(0);
    }
  }
});
