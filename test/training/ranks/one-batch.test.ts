import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { allocate } from '../../../src/base/tensor.ts';
import { initializeParameter } from '../../../src/engine/parameters/initialize.ts';
import { parametersOf } from '../../../src/networks/parameters.ts';
import type { RunConfig } from '../../../src/training/run-config.ts';
import { readSafetensors } from '../../../src/weights/safetensors/safetensors.ts';
import { anyLauncher, fcnOn, launchers, type TestLauncher } from '../../base/mpi/launchers.ts';
import { expectSuccess, temporaryFolder } from '../../cli/fcn.ts';
import { fcnInside } from '../../cli/inside.ts';
import { shareOfWay } from '../../fixtures.ts';

/** A loaded machine starts several processes slowly. */
const patience = 240_000;

let folder: string;
beforeAll(async () => {
  folder = await temporaryFolder();
});

/** Twelve updates; 7 images, so that batches reach over the end of an epoch. Everything random is switched on. */
const settings = [
  ...[
    'train',
    '--data',
    'shapes:?train=7&val=3&size=32',
    '--model',
    'fcn32s-alexnet',
    '--width',
    '0.0625',
    '--threads',
    '1',
  ],
  ...[
    '--crop',
    '24x30',
    '--val-size',
    'native',
    '--augment',
    'flip,scale',
    '--dropout',
    '0.5',
    '--iterations',
    '12',
  ],
  ...['--validate-every', '6', '--weight-decay', '0.01', '--ema', '0.9', '--momentum', '0.9'],
];

const losses = {
  mean: [
    ...['--learning-rate', '1e-2', '--class-weights', 'balanced', '--clip', '0.5'],
    ...['--loss', 'mean'],
  ],
  sum: ['--learning-rate', '1e-5', '--loss', 'sum'],
};

function training(out: string, loss: keyof typeof losses, batch: number, ...more: string[]): string[] {
  return [...settings, ...losses[loss], '--out', out, '--batch-size', String(batch), ...more];
}

/** A run of one process with a batch for each rank. */
const alone = new Map<string, Promise<string>>();
function runAlone(loss: keyof typeof losses, batch: number, accumulate: number): Promise<string> {
  const name = `alone-${loss}-${batch}-${accumulate}`;
  const made =
    alone.get(name) ??
    (async () => {
      const out = path.join(folder, name);
      expectSuccess(await fcnInside(...training(out, loss, batch, '--accumulate', String(accumulate))));
      return out;
    })();
  alone.set(name, made);
  return made;
}

async function rowsOf(run: string, name: string): Promise<string[][]> {
  return (await readFile(path.join(run, name), 'utf8'))
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(','));
}

/** Losses, order of images, validations and weights are those of the run of one process, to what sums in another order leave. */
async function expectSameRun(run: string, expected: string): Promise<void> {
  const [log, expectedLog] = [await rowsOf(run, 'log.csv'), await rowsOf(expected, 'log.csv')];
  const withoutNumbers = (rows: string[][]) =>
    rows.map(([iteration, epoch, , rate, , ids]) => [iteration, epoch, rate, ids]);
  expect(withoutNumbers(log)).toEqual(withoutNumbers(expectedLog));
  for (const [i, row] of expectedLog.entries()) {
    expect(Math.abs(Number(log[i]![2]) / Number(row[2]) - 1), `loss of iteration ${i + 1}`).toBeLessThan(
      1e-5,
    );
  }
  expect((await rowsOf(run, 'val.csv')).map(([iteration]) => iteration)).toEqual(['6', '12']);
  const config: RunConfig = JSON.parse(await readFile(path.join(run, 'config.json'), 'utf8'));
  const tensorsOf = async (of: string) => (await readSafetensors(path.join(of, 'last.safetensors'))).tensors;
  const [weights, expectedWeights] = [await tensorsOf(run), await tensorsOf(expected)];
  for (const parameter of parametersOf(config.model)) {
    const { name } = parameter;
    const start = initializeParameter(parameter, config.seed);
    const way = shareOfWay(expectedWeights.get(name)!, start, allocate('float32', parameter.shape));
    if (way === 0) expect(weights.get(name)!.data, name).toEqual(start.data);
    else expect(shareOfWay(weights.get(name)!, expectedWeights.get(name)!, start), name).toBeLessThan(1e-4);
  }
}

async function expectAsAlone(
  launcher: TestLauncher,
  loss: keyof typeof losses,
  ranks: number,
  accumulate: number,
): Promise<void> {
  const run = path.join(folder, `${launcher.family}-${loss}-${ranks}-${accumulate}`);
  const more = ['--accumulate', String(accumulate)];
  expectSuccess(await fcnOn(launcher, ranks, ...training(run, loss, 1, ...more)));
  await expectSameRun(run, await runAlone(loss, ranks, accumulate));
}

describe.each(launchers)('a training on ranks of $name', (launcher) => {
  it.skipIf(launcher.missing)(
    'is that of one process with the batches of all',
    async () => expectAsAlone(launcher, 'mean', 3, 2),
    patience,
  );
});

describe.skipIf(anyLauncher.missing)('a training on ranks is that of one process', () => {
  it.each([
    ['mean', 4, 1],
    ['sum', 2, 2],
  ] as const)(
    'loss %s, %i ranks, accumulating %i',
    async (loss, ranks, accumulate) => expectAsAlone(anyLauncher, loss, ranks, accumulate),
    patience,
  );

  it(
    'where another number of ranks goes on with it, be it an odd one',
    async () => {
      const run = path.join(folder, 'resumed');
      const begun = training(run, 'mean', 1, '--accumulate', '2');
      const shorter = begun.map((arg, i) => (begun[i - 1] === '--iterations' ? '4' : arg));
      expectSuccess(await fcnOn(anyLauncher, 2, ...shorter));
      const resume = ['train', '--resume', '--out', run, '--iterations'];
      expectSuccess(await fcnInside(...resume, '8'));
      expectSuccess(await fcnOn(anyLauncher, 3, ...resume, '12'));
      // One process with the same micro-batches: how a batch is cut is a rounding that these updates amplify.
      await expectSameRun(run, await runAlone('mean', 1, 4));
    },
    patience,
  );
});
