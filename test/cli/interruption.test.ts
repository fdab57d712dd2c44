import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile, watch, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { readSafetensors } from '../../src/weights/safetensors/safetensors.ts';
import { expectSuccess, type Outcome, startFcn, temporaryFolder, tinyData } from './fcn.ts';
import { fcnInside } from './inside.ts';
import { iterationsOf, newestCheckpoint, tracesOf } from './run-traces.ts';

/** Everything random is switched on: order, crops, augmentation, dropout. */
function training(out: string): string[] {
  return [
    ...[
      'train',
      '--data',
      tinyData,
      '--out',
      out,
      '--model',
      'fcn32s-alexnet',
      '--width',
      '0.0625',
      '--threads',
      '1',
    ],
    ...['--learning-rate', '1e-3', '--crop', '24x30', '--val-size', 'native', '--augment', 'flip,scale'],
    ...['--iterations', '30', '--validate-every', '7', '--checkpoint-every', '5'],
  ];
}

let folder: string;
let whole: Awaited<ReturnType<typeof tracesOf>>;
beforeAll(async () => {
  folder = await temporaryFolder();
  const run = path.join(folder, 'whole');
  expectSuccess(await fcnInside(...training(run)));
  whole = await tracesOf(run);
});

/** Sends a signal to a run when a moment has come. */
async function interrupt(
  args: string[],
  signal: NodeJS.Signals,
  moment: () => Promise<unknown>,
): Promise<Outcome> {
  const { child, ended } = startFcn(...args);
  await Promise.race([moment(), ended]);
  child.kill(signal);
  return ended;
}

/** Resolves when a condition holds. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(3);
}

async function expectWhole(run: string): Promise<void> {
  expect(await tracesOf(run)).toEqual(whole);
}

describe('Ctrl-C', () => {
  it.each([1, 6, 14])(
    'after iteration %i saves all, and --resume makes it a whole run',
    async (iterations) => {
      const run = path.join(folder, `stopped-${iterations}`);
      const moment = () => until(async () => (await iterationsOf(run)) >= iterations);
      const outcome = await interrupt(training(run), 'SIGINT', moment);
      expect(outcome.code).toBe(130);
      expect(outcome.stderr).toMatch(
        /stopping.*\n(.*\n)*stopped after iteration \d+; continue with fcn train --resume --out /,
      );

      const done = await iterationsOf(run);
      expect(done).toBeGreaterThanOrEqual(iterations);
      expect(done).toBeLessThan(30);
      expect(await newestCheckpoint(run)).toBe(`iteration-${done}.safetensors`);
      await readSafetensors(path.join(run, 'last.safetensors'));
      expect(existsSync(path.join(run, 'report.html'))).toBe(true);

      expectSuccess(await fcnInside('train', '--resume', '--out', run));
      await expectWhole(run);
    },
  );

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'before the first iteration says so, and leaves nothing: %s',
    async (signal) => {
      const out = path.join(folder, 'above', signal);
      const { child, ended } = startFcn('train', '--data', tinyData, '--threads', '1', '--out', out);
      // Choosing settings takes seconds, in which small networks are trained.
      await once(child.stderr!, 'data');
      child.kill(signal);
      const outcome = await ended;
      expect(outcome).toMatchObject({ code: 130, signal: null, stdout: '' });
      expect(outcome.stderr).toMatch(/\nstopped before the first iteration; nothing was left behind\n$/);
      expect(existsSync(path.dirname(out))).toBe(false);
    },
  );

  it('that arrives twice at once, as below npm, is one', async () => {
    const run = path.join(folder, 'twice');
    const { child, ended } = startFcn(...training(run));
    await until(async () => (await iterationsOf(run)) >= 2);
    child.kill('SIGINT');
    child.kill('SIGTERM');
    expect(await ended).toMatchObject({
      code: 130,
      stderr: expect.stringContaining('stopped after iteration'),
    });
    expect(await newestCheckpoint(run)).toBe(`iteration-${await iterationsOf(run)}.safetensors`);
  });

  it('does not wait for a long validation, which --resume makes up for', async () => {
    const run = path.join(folder, 'validating');
    const args = training(run).map((arg) => arg.replace('val=2', 'val=100000'));
    const moment = async () => {
      await until(async () => (await iterationsOf(run)) === 7);
      await sleep(200);
    };
    const outcome = await interrupt(args, 'SIGINT', moment);
    expect(outcome).toMatchObject({
      code: 130,
      stderr: expect.stringContaining('stopped after iteration 7'),
    });
    expect(await readFile(path.join(run, 'val.csv'), 'utf8')).not.toContain('\n7,');

    const config = path.join(run, 'config.json');
    await writeFile(config, (await readFile(config, 'utf8')).replaceAll('val=100000', 'val=2'));
    // A smaller validation split is other data: that is said, and meant.
    const resumed = await fcnInside('train', '--resume', '--changed-data', '--out', run);
    expectSuccess(resumed);
    expect(resumed.stderr).toContain('iteration 7: val mean IoU');
    await expectWhole(run);
  });
});

describe('a second Ctrl-C', () => {
  /** A process that watches for Ctrl-C, and whose only thread for JavaScript sleeps for a minute. */
  async function busy() {
    const child = spawn(process.execPath, [path.join(import.meta.dirname, 'busy.js')], { stdio: 'pipe' });
    const ended = once(child, 'close');
    await once(child.stdout, 'data');
    return { child, ended };
  }

  it.each(['SIGINT', 'SIGTERM'] as const)('ends a process that is busy: %s', async (second) => {
    const { child, ended } = await busy();
    child.kill('SIGINT');
    await sleep(500);
    child.kill(second);
    expect(await ended).toEqual([130, null]);
  });

  it('that is the same keypress does not end it', async () => {
    const { child, ended } = await busy();
    child.kill('SIGINT');
    child.kill('SIGTERM');
    await sleep(1000);
    expect(child.exitCode).toBeNull();
    child.kill('SIGINT');
    expect(await ended).toEqual([130, null]);
  });
});

describe('a kill', () => {
  const moments: [string, (run: string) => Promise<unknown>][] = [
    ['before the first iteration', (run) => until(() => existsSync(path.join(run, 'config.json')))],
    ['before the first checkpoint', (run) => until(async () => (await iterationsOf(run)) >= 3)],
    ['between checkpoints', (run) => until(async () => (await iterationsOf(run)) >= 12)],
    ['while a checkpoint is written', (run) => temporaryFileIn(path.join(run, 'checkpoints'))],
    [
      'while the last weights are written',
      (run) => until(() => existsSync(path.join(run, 'last.safetensors'))),
    ],
  ];
  it.each(moments)('%s leaves a run that --resume makes whole', async (name, moment) => {
    const run = path.join(folder, name.replaceAll(' ', '-'));
    const outcome = await interrupt(training(run), 'SIGKILL', () => moment(run));
    expect(outcome.signal).toBe('SIGKILL');
    expectSuccess(await fcnInside('train', '--resume', '--out', run));
    await expectWhole(run);
  });

  it('at one random moment after the other leaves a run that ends whole', async () => {
    const run = path.join(folder, 'killed');
    let killed = await interrupt(training(run), 'SIGKILL', () =>
      until(() => existsSync(path.join(run, 'log.csv'))),
    );
    for (let i = 0; i < 4 && killed.signal; i++) {
      const moment = () => sleep(500 + 700 * Math.random());
      killed = await interrupt(['train', '--resume', '--out', run], 'SIGKILL', moment);
    }
    expectSuccess(await fcnInside('train', '--resume', '--out', run));
    await expectWhole(run);
  });

  it('leaves parts of files that --resume removes', async () => {
    const run = path.join(folder, 'parts');
    const { ended, child } = startFcn(...training(run));
    await until(async () => (await iterationsOf(run)) >= 6);
    child.kill('SIGKILL');
    await ended;
    for (const name of ['last.safetensors.123.tmp', 'checkpoints/iteration-5.safetensors.123.tmp']) {
      await writeFile(path.join(run, name), 'half');
    }
    expectSuccess(await fcnInside('train', '--resume', '--out', run));
    await expectWhole(run);
  });
});

/** Resolves when a part of a file appears in a folder. */
async function temporaryFileIn(parent: string): Promise<void> {
  await mkdir(parent, { recursive: true });
  for await (const { filename } of watch(parent)) if (filename?.endsWith('.tmp')) return;
}
