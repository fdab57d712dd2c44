import { existsSync } from 'node:fs';
import { cp, readdir, readFile, truncate } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { readSafetensors } from '../../../src/weights/safetensors/safetensors.ts';
import {
  anyLauncher,
  fcnOn,
  launchers,
  startLauncher,
  startRanks,
  type TestLauncher,
  timeToEnd,
} from '../../base/mpi/launchers.ts';
import { expectSuccess, fcnProgram, temporaryFolder, tinyData, tinyNetwork } from '../../cli/fcn.ts';
import { fcnInside } from '../../cli/inside.ts';
import { iterationsOf } from '../../cli/run-traces.ts';

/** A loaded machine starts two processes slowly. */
const patience = 240_000;

let folder: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  expectSuccess(await fcnInside('data', 'make', tinyData, '--out', path.join(folder, 'data')));
});

function training(data: string, out: string, iterations: number): string[] {
  return [
    ...['train', '--data', data, '--out', out, ...tinyNetwork, '--learning-rate', '1e-3'],
    ...['--order', 'sequential', '--iterations', String(iterations)],
    ...['--validate-every', '0', '--checkpoint-every', '5'],
  ];
}

async function brokenCopy(name: string): Promise<{ data: string; mend: () => Promise<void> }> {
  const [good, data] = [path.join(folder, 'data'), path.join(folder, name)];
  await cp(good, data, { recursive: true });
  const images = path.join(data, 'JPEGImages');
  const fourth = (await readdir(images)).filter((file) => file.startsWith('train')).sort()[3]!;
  await truncate(path.join(images, fourth), 200);
  return { data, mend: () => cp(path.join(good, 'JPEGImages', fourth), path.join(images, fourth)) };
}

/**
 * A run that goes on until something ends it, when it has made some iterations. UCX, under MPICH, exchanges data through shared memory
 * only: where one process copies from the other's memory while that is killed, it aborts, and the launcher names it instead of the other.
 */
async function startEndless(launcher: TestLauncher, run: string, secondsToEnd: number) {
  const args = training(`voc:${folder}/data`, run, 100_000);
  const started = startRanks(launcher, 2, [fcnProgram, ...args], {
    UCX_TLS: 'posix,sysv,self',
    ...timeToEnd(secondsToEnd),
  });
  let isOver = false;
  void started.ended.then(() => (isOver = true));
  while (!isOver && (await iterationsOf(run)) < 7) await sleep(20);
  return started;
}

/** Of a rank, as the first line of the output has it. */
function processOf(rank: number, output: string): number {
  return Number(new RegExp(`\\b${rank} \\(process (\\d+)\\)`).exec(output)?.[1]);
}

async function expectNothingHalfWritten(run: string): Promise<void> {
  for (const file of await readdir(run, { recursive: true })) {
    if (file.endsWith('.safetensors')) await readSafetensors(path.join(run, file));
  }
}

const said = (stderr: string) => stderr.split('\n').filter((line) => line.startsWith('fcn: '));

describe.each(launchers)('a training on ranks of $name', (launcher) => {
  describe.skipIf(launcher.missing)('ends', () => {
    it(
      'at an image that one rank cannot read, as one process does, and goes on when it is mended',
      async () => {
        const { data, mend } = await brokenCopy(`broken-${launcher.family}`);
        const run = path.join(folder, `mended-${launcher.family}`);
        const outcome = await fcnOn(launcher, 2, ...training(`voc:${data}`, run, 6));
        expect(said(outcome.stderr)).toEqual([
          expect.stringMatching(/^fcn: rank 1: image .*cannot be decoded/),
        ]);
        expect(outcome.code).toBe(2);
        expect(await readdir(path.join(run, 'checkpoints'))).toEqual(['iteration-1.safetensors']);
        await mend();
        expectSuccess(await fcnInside('train', '--resume', '--changed-data', '--out', run));
        expect(await iterationsOf(run)).toBe(6);
      },
      patience,
    );

    it(
      'when a rank is killed, and leaves a run that goes on',
      async () => {
        const run = path.join(folder, `killed-${launcher.family}`);
        const { ended } = await startEndless(launcher, run, 2);
        const first = JSON.parse(await readFile(path.join(run, 'run.lock'), 'utf8')).pid;
        process.kill(await otherRank(first), 'SIGKILL');
        const outcome = await ended;
        expect(outcome.code).not.toBe(0);
        expect(outcome.stdout + outcome.stderr).toMatch(/Killed/);
        if (launcher.family === 'open-mpi') {
          expect(said(outcome.stderr)).toEqual([
            expect.stringMatching(/^fcn: rank 1 \(process \d+ on .*\) was killed/),
          ]);
        } else {
          // The launcher names the process, and the first line of the run says which rank that is.
          expect(outcome.stdout).toContain(`PID ${processOf(1, outcome.stderr)} RUNNING`);
        }
        await expectNothingHalfWritten(run);
        const done = await iterationsOf(run);
        expectSuccess(await fcnInside('train', '--resume', '--out', run, '--iterations', String(done + 2)));
      },
      patience,
    );

    it.each(['SIGINT', 'SIGTERM'] as const)(
      'with a checkpoint at %s to the launcher',
      async (signal) => {
        const run = path.join(folder, `${signal}-${launcher.family}`);
        const { child, ended } = await startEndless(launcher, run, 4);
        child.kill(signal);
        const { stderr } = await ended;
        expect(stderr).toMatch(
          /stopping after this iteration\n(.*\n)*stopped after iteration \d+; continue with/,
        );
        const done = await iterationsOf(run);
        expect(await readdir(path.join(run, 'checkpoints'))).toContain(`iteration-${done}.safetensors`);
        expect(existsSync(path.join(run, 'last.safetensors'))).toBe(true);
      },
      patience,
    );
  });
});

it.skipIf(anyLauncher.missing)(
  'a training on ranks ends before it begins where a rank has other data or other options, naming the rank',
  async () => {
    const { data } = await brokenCopy('other');
    const run = path.join(folder, 'other-run');
    // The same name of other data.
    const common = training('voc:/proc/self/cwd/.', run, 6);
    const rank = (folderOfRank: string, ...more: string[]) => [
      ...['-n', '1', '-wdir', folderOfRank, process.execPath, fcnProgram, ...common, ...more],
    ];
    const good = path.join(folder, 'data');
    const outcome = await startLauncher(anyLauncher, [...rank(good), ':', ...rank(data)]).ended;
    expect(said(outcome.stderr)).toEqual([
      expect.stringMatching(
        /^fcn: rank 1 on .*: got image files \(digest\) of split train .*, expected .* as rank 0/,
      ),
    ]);
    expect(outcome.code).toBe(2);
    expect(existsSync(run)).toBe(false);

    const options = await startLauncher(anyLauncher, [...rank(good), ':', ...rank(good, '--seed', '1')])
      .ended;
    expect(said(options.stderr)).toEqual([
      expect.stringMatching(/^fcn: rank 1 on .*: got command fcn train .*--seed 1, expected/),
    ]);
    expect(options.code).toBe(2);
  },
  patience,
);

/** The process of rank 1, beside that of rank 0: both have the same parent. */
async function otherRank(first: number): Promise<number> {
  const parentOf = async (pid: number | string) => {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
    return /^PPid:\s*(\d+)/m.exec(status)?.[1];
  };
  const parent = await parentOf(first);
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== first);
  for (const pid of pids) {
    const isNode = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).includes(fcnProgram);
    if (isNode && (await parentOf(pid)) === parent) return Number(pid);
  }
  throw new Error(`rank 1 beside process ${first} was not found`);
}
