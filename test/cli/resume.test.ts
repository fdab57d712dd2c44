import { existsSync } from 'node:fs';
import { cp, readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectError, expectSuccess, fcn, startFcn, temporaryFolder, tinyTraining } from './fcn.ts';
import { iterationsOf, tracesOf } from './run-traces.ts';

const settings = ['--iterations', '4', '--validate-every', '2', '--checkpoint-every', '2'];
let folder: string;
let complete: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  complete = path.join(folder, 'complete');
  expectSuccess(await fcn(...tinyTraining(complete, ...settings)));
});

/** A run of its own that has completed. */
async function completeRun(name: string): Promise<string> {
  const run = path.join(folder, name);
  await cp(complete, run, { recursive: true });
  return run;
}

describe('--resume', () => {
  it('without a run starts one', async () => {
    const run = path.join(folder, 'new');
    expectSuccess(await fcn(...tinyTraining(run, ...settings, '--resume')));
    expect(await tracesOf(run)).toEqual(await tracesOf(complete));
  });

  it('without a run and without data says what is missing', async () => {
    const run = path.join(folder, 'nothing');
    expectError(await fcn('train', '--resume', '--out', run), 2, /--data: got nothing/);
    expect(existsSync(run)).toBe(false);
  });

  it('of a run that is complete changes nothing', async () => {
    const run = await completeRun('complete-again');
    const before = await tracesOf(run);
    expectSuccess(await fcn('train', '--resume', '--out', run));
    expect(await tracesOf(run)).toEqual(before);
  });

  it('of a run that another process is at is refused; one that was killed is no other', async () => {
    const run = path.join(folder, 'two-at-once');
    const endless = ['--iterations', '1000000', '--checkpoint-every', '5', '--validate-every', '0'];
    const { child, ended } = startFcn(...tinyTraining(run, ...endless));
    while ((await iterationsOf(run)) < 6) await sleep(10);
    for (const again of [['train', '--resume', '--out', run], tinyTraining(run, '--resume')]) {
      expectError(await fcn(...again), 1, `run in ${run}: process ${child.pid} is at it already`, 'run.lock');
    }
    child.kill('SIGKILL');
    await ended;
    const total = String(await iterationsOf(run));
    expectSuccess(await fcn('train', '--resume', '--out', run, '--iterations', total));
    expect(existsSync(path.join(run, 'run.lock'))).toBe(false);
  });

  it('with the options that the run has goes on', async () => {
    const run = await completeRun('same-options');
    expectSuccess(await fcn(...tinyTraining(run, ...settings, '--resume')));
  });

  it('with more iterations goes on to what a longer run is', async () => {
    const run = await completeRun('longer');
    expectSuccess(await fcn('train', '--resume', '--out', run, '--iterations', '6'));
    const longer = path.join(folder, 'longer-at-once');
    expectSuccess(await fcn(...tinyTraining(longer, ...settings, '--iterations', '6')));
    expect(await tracesOf(run)).toEqual(await tracesOf(longer));
  });
});

describe('a run of no iterations', () => {
  it('holds the first weights, is a run, and goes on', async () => {
    const run = path.join(folder, 'first-weights');
    expectSuccess(await fcn(...tinyTraining(run, ...settings, '--iterations', '0')));
    expectError(await fcn(...tinyTraining(run, ...settings, '--seed', '1')), 2, /already holds a run/);
    expectSuccess(await fcn('train', '--resume', '--out', run, '--iterations', '4'));
    expect(await tracesOf(run)).toEqual(await tracesOf(complete));
  });
});

describe('--resume is refused', () => {
  const changes: [string[], RegExp][] = [
    [['--seed', '1'], /got seed 1, expected 0/],
    [['--data', 'shapes:?train=7&val=2&size=32'], /got data .*train=7.*expected .*train=6/],
    [['--model', 'fcn8s'], /got model "fcn8s", expected "fcn32s"/],
    [['--learning-rate', '1e-4'], /got learningRate 0\.0001, expected 0\.001/],
    [['--crop', '32x32'], /got trainSize .*"crop".*expected .*"native"/],
    [['--augment', 'flip'], /got augment \["flip"\], expected \[\]/],
    [['--input', 'caffe'], /got input "caffe", expected .*RGB/],
    [['--init', 'other.safetensors'], /got init "other\.safetensors", expected "none"/],
    [['--iterations', '3'], /got a total of 3 iterations, expected at least the 4/],
  ];
  it.concurrent.each(changes)('with %j', async (change, message) => {
    const run = await completeRun(change.join('').replaceAll('/', ''));
    const before = await tracesOf(run);
    expectError(await fcn('train', '--resume', '--out', run, ...change), 2, /^fcn: --resume: /, message, run);
    expect(await tracesOf(run)).toEqual(before);
    expect(await readFile(path.join(run, 'config.json'))).toEqual(
      await readFile(path.join(complete, 'config.json')),
    );
  });

  it('when the total decides the learning rates', async () => {
    const run = path.join(folder, 'poly');
    expectSuccess(await fcn(...tinyTraining(run, '--iterations', '2', '--schedule', 'poly')));
    const outcome = await fcn('train', '--resume', '--out', run, '--iterations', '4');
    expectError(outcome, 2, /got 4 iterations, expected 2.*poly/);
  });

  it('when the checkpoints are gone, lest the logs are lost', async () => {
    const run = await completeRun('no-checkpoints');
    await rm(path.join(run, 'checkpoints'), { recursive: true });
    expectError(await fcn('train', '--resume', '--out', run), 2, /got no checkpoint in/, /--init .*last/);
    expect(await iterationsOf(run)).toBe(4);
  });

  it('when the checkpoint is damaged', async () => {
    const run = await completeRun('damaged-checkpoint');
    const [name] = await readdir(path.join(run, 'checkpoints'));
    const file = path.join(run, 'checkpoints', name!);
    await cp(path.join(run, 'log.csv'), file);
    expectError(await fcn('train', '--resume', '--out', run), 2, file, /damaged/);
    expect(await iterationsOf(run)).toBe(4);
  });

  it('when the configuration is damaged', async () => {
    const run = await completeRun('damaged-configuration');
    const file = path.join(run, 'config.json');
    await cp(path.join(run, 'log.csv'), file);
    expectError(await fcn('train', '--resume', '--out', run), 2, file, /not JSON/);
  });
});
