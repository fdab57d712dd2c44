import { existsSync } from 'node:fs';
import { cp, readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { readSafetensors } from '../../src/weights/safetensors/safetensors.ts';
import { expectError, expectSuccess, startFcn, temporaryFolder, tinyData } from './fcn.ts';
import { fcnInside } from './inside.ts';
import { iterationsOf, tracesOf } from './run-traces.ts';
import { cutOff, makeVocFolder } from './voc-folder.ts';

const stages = ['fcn32s', 'fcn16s', 'fcn8s'] as const;

/** Three stages that take a second each. */
function training(out: string, ...more: string[]): string[] {
  const network = ['--model', 'fcn8s-squeezenet', '--width', '0.03125', '--native-size', '--threads', '1'];
  const settings = ['--learning-rate', '1e-2,1e-3,1e-4', '--iterations', '4,5,6', '--checkpoint-every', '2'];
  return [
    'train',
    '--data',
    tinyData,
    '--out',
    out,
    '--stages',
    '32s,16s,8s',
    ...network,
    ...settings,
    ...more,
  ];
}

const readJson = async (...names: string[]) => JSON.parse(await readFile(path.join(...names), 'utf8'));
const configOf = (out: string, stage: string) => readJson(out, stage, 'config.json');

let folder: string;
let whole: string;
let wholeTraces: Awaited<ReturnType<typeof tracesOf>>[];
const allTracesOf = (out: string) => Promise.all(stages.map((stage) => tracesOf(path.join(out, stage))));
beforeAll(async () => {
  folder = await temporaryFolder();
  whole = path.join(folder, 'whole');
  expectSuccess(await fcnInside(...training(whole)));
  wholeTraces = await allTracesOf(whole);
});

describe('--stages', () => {
  it('trains each network from the best weights of the one before, with its own settings', async () => {
    expect(await readJson(whole, 'stages.json')).toMatchObject({ stages });
    const configs = await Promise.all(stages.map((stage) => configOf(whole, stage)));
    expect(configs.map(({ model }) => model.model)).toEqual(stages.map((stage) => `${stage}-squeezenet`));
    expect(configs.map(({ learningRate }) => learningRate)).toEqual([1e-2, 1e-3, 1e-4]);
    expect(configs.map(({ iterations }) => iterations)).toEqual([4, 5, 6]);
    const best = (stage: string) => path.join(whole, stage, 'best.safetensors');
    expect(configs.map(({ init }) => init)).toEqual(['none', best('fcn32s'), best('fcn16s')]);
    for (const [i, stage] of stages.entries()) {
      expect(await iterationsOf(path.join(whole, stage))).toBe(4 + i);
      expect(await readJson(whole, stage, 'summary.json')).toMatchObject({ iterations: 4 + i });
    }
  });

  it('is, bit for bit, what the three commands one after the other are', async () => {
    const out = path.join(folder, 'one-by-one');
    for (const [i, stage] of stages.entries()) {
      const run = path.join(out, stage);
      const init = i === 0 ? 'none' : path.join(out, stages[i - 1]!, 'best.safetensors');
      const own = ['--model', `${stage}-squeezenet`, '--init', init, '--learning-rate', `1e-${i + 2}`];
      const network = ['--width', '0.03125', '--native-size', '--threads', '1', '--data', tinyData];
      const settings = ['--iterations', String(i + 4), '--checkpoint-every', '2', '--out', run];
      expectSuccess(await fcnInside('train', ...own, ...network, ...settings));
    }
    expect(await allTracesOf(out)).toEqual(wholeTraces);
  });

  it('writes one report of all stages', async () => {
    const report = await readFile(path.join(whole, 'report.html'), 'utf8');
    for (const stage of stages) expect(report).toContain(`"name":"${stage}"`);
    expect(await readFile(path.join(whole, 'fcn16s', 'report.html'), 'utf8')).not.toContain('"name":"fcn8s"');
  });

  it('takes the learning rates from the recipe, or one for all', async () => {
    const ratesWith = async (name: string, ...options: string[]) => {
      const out = path.join(folder, name);
      const args = training(out).filter((arg) => !['--learning-rate', '1e-2,1e-3,1e-4'].includes(arg));
      const [iterations] = args.splice(args.indexOf('4,5,6'), 1, '0');
      expect(iterations).toBe('4,5,6');
      expectSuccess(await fcnInside(...args, ...options));
      const { stages: trained } = await readJson(out, 'stages.json');
      return Promise.all(
        trained.map(async (stage: string) => [stage, (await configOf(out, stage)).learningRate]),
      );
    };
    expect(await ratesWith('heavy', '--recipe', 'heavy')).toEqual([
      ['fcn32s', 1e-10],
      ['fcn16s', 1e-12],
      ['fcn8s', 1e-14],
    ]);
    const two = ['--model', 'fcn16s-squeezenet', '--stages', '32s,16s'];
    expect(await ratesWith('one-rate', ...two, '--learning-rate', '0.5')).toEqual([
      ['fcn32s', 0.5],
      ['fcn16s', 0.5],
    ]);
  });

  const refusals: [string, string[], RegExp][] = [
    ['an unknown stage', ['--stages', '64s,8s'], /--stages: got '64s,8s', expected some of 32s,16s,8s/],
    ['the wrong order', ['--stages', '16s,32s,8s'], /--stages: got '16s,32s,8s'/],
    ['a last stage that is not --model', ['--stages', '32s,16s'], /--stages: got fcn16s .* fcn8s/],
    ['a network that is trained at once', ['--model', 'fcn8s-atonce'], /--stages: .* fcn8s-atonce/],
    ['too few values', ['--epochs', '1,2', '--iterations', '4'], /--epochs: got 2 values, expected one/],
  ];
  it.each(refusals)('refuses %s', async (name, change, message) => {
    const out = path.join(folder, name.replaceAll(' ', '-'));
    expectError(await fcnInside(...training(out, ...change)), 2, message);
    expect(existsSync(out)).toBe(false);
  });

  it('leaves nothing of a training that failed before its first iteration', async () => {
    const out = path.join(folder, 'failed');
    const voc = await makeVocFolder();
    const ids = (await readFile(voc.split('train'), 'utf8')).trim().split('\n');
    for (const id of ids) await cutOff(voc.image(id));
    const args = training(out).map((arg) => (arg === tinyData ? voc.spec : arg));
    expectError(await fcnInside(...args), 2, /\.jpg.*cannot be decoded/);
    expect(existsSync(out)).toBe(false);
  });

  it('without stages takes one value, not three', async () => {
    const out = path.join(folder, 'no-stages');
    const args = training(out).filter((arg) => !['--stages', '32s,16s,8s'].includes(arg));
    expectError(await fcnInside(...args), 2, /--learning-rate: got 3 values, expected one/);
  });
});

describe('--resume of stages', () => {
  const copy = async (name: string) => {
    const out = path.join(folder, name);
    await cp(whole, out, { recursive: true });
    return out;
  };

  it('after Ctrl-C goes on in the stage that was stopped and trains the ones behind it', async () => {
    const out = path.join(folder, 'stopped');
    const { child, ended } = startFcn(...training(out));
    while ((await iterationsOf(path.join(out, 'fcn16s'))) < 1) await sleep(3);
    child.kill('SIGINT');
    const outcome = await ended;
    expect(outcome.code).toBe(130);
    expect(outcome.stderr).toContain(`continue with fcn train --resume --out ${out}\n`);
    expect(existsSync(path.join(out, 'fcn8s', 'log.csv'))).toBe(false);
    expect(await readFile(path.join(out, 'report.html'), 'utf8')).toContain('"name":"fcn16s"');

    const summary = await readFile(path.join(out, 'fcn32s', 'summary.json'));
    expectSuccess(await fcnInside('train', '--resume', '--out', out));
    expect(await readFile(path.join(out, 'fcn32s', 'summary.json'))).toEqual(summary);
    expect(await allTracesOf(out)).toEqual(wholeTraces);
  });

  it('after a kill, with the command again, makes a whole training', async () => {
    const out = path.join(folder, 'killed');
    const { child, ended } = startFcn(...training(out));
    while ((await iterationsOf(path.join(out, 'fcn16s'))) < 3) await sleep(3);
    child.kill('SIGKILL');
    await ended;
    expectSuccess(await fcnInside(...training(out, '--resume')));
    expect(await allTracesOf(out)).toEqual(wholeTraces);
  });

  it('of finished ones trains nothing', async () => {
    const out = await copy('finished');
    const outcome = await fcnInside('train', '--resume', '--out', out);
    expectSuccess(outcome);
    expect(outcome.stderr).toBe('');
    expect(await allTracesOf(out)).toEqual(wholeTraces);
  });

  it('in a folder that was moved finds the stage before', async () => {
    // As a training that was stopped between its first two stages.
    const moved = await copy('moved');
    for (const stage of ['fcn16s', 'fcn8s']) {
      for (const name of await readdir(path.join(moved, stage))) {
        if (name !== 'config.json') await rm(path.join(moved, stage, name), { recursive: true });
      }
    }
    expectSuccess(await fcnInside('train', '--resume', '--out', moved));
    expect((await configOf(moved, 'fcn16s')).init).toBe(path.join(moved, 'fcn32s', 'best.safetensors'));
    expect(await iterationsOf(path.join(moved, 'fcn8s'))).toBe(6);
  });

  it('can make the last stage longer, but none that another has started from', async () => {
    const out = await copy('longer');
    expectError(
      await fcnInside('train', '--resume', '--out', out, '--iterations', '4,6,6'),
      2,
      /got 6 iterations of fcn16s, expected 5: fcn8s has started from it/,
    );
    expectSuccess(await fcnInside('train', '--resume', '--out', out, '--iterations', '4,5,8'));
    expect(await Promise.all(stages.map((stage) => iterationsOf(path.join(out, stage))))).toEqual([4, 5, 8]);
  });

  const changes: [string[], RegExp][] = [
    [['--learning-rate', '1'], /got learningRate 1, expected 0\.01 .*fcn32s/],
    [['--learning-rate', '1e-2,1e-3,1'], /got learningRate 1, expected 0\.0001 .*fcn8s/],
    [['--stages', '32s,8s'], /got stages fcn32s, fcn8s, expected fcn32s, fcn16s, fcn8s/],
    [['--model', 'fcn16s-squeezenet'], /got fcn8s as the last one/],
    [['--seed', '3'], /got seed 3, expected 0/],
  ];
  it.each(changes)('is refused with %j', async (change, message) => {
    const out = await copy(change.join(''));
    expectError(await fcnInside('train', '--resume', '--out', out, ...change), 2, message);
    expect(await allTracesOf(out)).toEqual(wholeTraces);
  });

  it('is needed where there are stages already', async () => {
    const out = await copy('again');
    expectError(await fcnInside(...training(out)), 2, /already holds a run.*add --resume/);
    expect((await readdir(out)).sort()).toEqual([...stages, 'report.html', 'stages.json'].sort());
    await readSafetensors(path.join(out, 'fcn8s', 'last.safetensors'));
  });
});
