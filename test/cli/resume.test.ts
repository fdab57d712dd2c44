import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  expectError,
  expectSuccess,
  type Outcome,
  startFcn,
  temporaryFolder,
  tinyData,
  tinyTraining,
} from './fcn.ts';
import { fcnInside } from './inside.ts';
import { iterationsOf, tracesOf } from './run-traces.ts';
import { makeVocFolder, type VocFolder, vocIn, writeLabel } from './voc-folder.ts';

const settings = ['--iterations', '4', '--validate-every', '2', '--checkpoint-every', '2'];
let folder: string;
let complete: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  complete = path.join(folder, 'complete');
  expectSuccess(await fcnInside(...tinyTraining(complete, ...settings)));
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
    expectSuccess(await fcnInside(...tinyTraining(run, ...settings, '--resume')));
    expect(await tracesOf(run)).toEqual(await tracesOf(complete));
  });

  it('without a run and without data says what is missing', async () => {
    const run = path.join(folder, 'nothing');
    const expected = `--resume: got ${run}, which has no run, expected the folder of one; `;
    expectError(await fcnInside('train', '--resume', '--out', run), 2, expected);
    expect(existsSync(run)).toBe(false);
    await mkdir(run);
    expectError(await fcnInside('train', '--resume', '--out', run), 2, expected);
    expect(await readdir(run)).toEqual([]);
  });

  it('of a run that has lost its config.json says so, and what to do', async () => {
    const run = await completeRun('without-config');
    await rm(path.join(run, 'config.json'));
    const before = await readdir(run, { recursive: true });
    const expected = [
      `config.json: got no such file`,
      /restore it from a copy, or start a new run .*last\.safe/,
    ];
    for (const args of [['train', '--resume', '--out', run], tinyTraining(run, '--resume')]) {
      expectError(await fcnInside(...args), 2, run, ...expected);
    }
    for (const name of ['checkpoints', 'log.csv', 'val.csv'])
      await rm(path.join(run, name), { recursive: true });
    expectError(await fcnInside('train', '--resume', '--out', run), 2, run, ...expected);
    expect(before).toEqual(expect.arrayContaining(await readdir(run, { recursive: true })));
  });

  it('of stages that have lost their list says so, and what was in it', async () => {
    const staged = path.join(folder, 'without-list');
    await cp(complete, path.join(staged, 'fcn32s'), { recursive: true });
    expectError(
      await fcnInside('train', '--resume', '--out', staged),
      2,
      `--resume: got ${staged}, whose stages.json is missing`,
      '{"command":"fcn train","stages":["fcn32s"]}',
    );
  });

  it('of a run that is complete changes nothing', async () => {
    const run = await completeRun('complete-again');
    const before = await tracesOf(run);
    expectSuccess(await fcnInside('train', '--resume', '--out', run));
    expect(await tracesOf(run)).toEqual(before);
  });

  it('of a run that another process is at is refused; one that was killed is no other', async () => {
    const run = path.join(folder, 'two-at-once');
    const endless = ['--iterations', '1000000', '--checkpoint-every', '5', '--validate-every', '0'];
    const { child, ended } = startFcn(...tinyTraining(run, ...endless));
    while ((await iterationsOf(run)) < 6) await sleep(10);
    for (const again of [['train', '--resume', '--out', run], tinyTraining(run, '--resume')]) {
      expectError(
        await fcnInside(...again),
        1,
        `run in ${run}: process ${child.pid} is already working on it`,
        'run.lock',
      );
    }
    child.kill('SIGKILL');
    await ended;
    const total = String(await iterationsOf(run));
    expectSuccess(await fcnInside('train', '--resume', '--out', run, '--iterations', total));
    expect(existsSync(path.join(run, 'run.lock'))).toBe(false);
  });

  it('with the options that the run has goes on', async () => {
    const run = await completeRun('same-options');
    expectSuccess(await fcnInside(...tinyTraining(run, ...settings, '--resume')));
  });

  it('with more iterations goes on to what a longer run is', async () => {
    const run = await completeRun('longer');
    expectSuccess(await fcnInside('train', '--resume', '--out', run, '--iterations', '6'));
    const longer = path.join(folder, 'longer-at-once');
    expectSuccess(await fcnInside(...tinyTraining(longer, ...settings, '--iterations', '6')));
    expect(await tracesOf(run)).toEqual(await tracesOf(longer));
  });
});

describe('a damaged checkpoint', () => {
  it.each(['header', 'weights', 'end'])(
    'is named, and the one before taken: a bit of the %s',
    async (part) => {
      const run = await completeRun(`flipped-${part}`);
      const [before, newest] = [2, 4].map((n) => path.join(run, 'checkpoints', `iteration-${n}.safetensors`));
      const bytes = await readFile(newest!);
      const header = bytes.indexOf('elapsedSeconds') + 20; // another number, still JSON
      const at = { header, weights: bytes.length >> 1, end: bytes.length - 1 }[part]!;
      bytes[at]! ^= 1;
      await writeFile(newest!, bytes);
      const outcome = await fcnInside('train', '--resume', '--out', run);
      expectSuccess(outcome);
      expect(outcome.stderr).toMatch(/^warning: .*damaged.*; the run continues from the one before, /m);
      expect(outcome.stderr).toContain(`safetensors file ${newest}: `);
      expect(outcome.stderr).toContain(`the one before, ${before}\n`);
      expect(outcome.stderr).toContain('continuing after iteration 2');
      expect(await tracesOf(run)).toEqual(await tracesOf(complete));
    },
  );

  it('of a run whose last validation was no regular one leaves the same best behind', async () => {
    const uneven = ['--iterations', '5', '--validate-every', '2', '--checkpoint-every', '2'];
    const [run, whole] = [path.join(folder, 'uneven'), path.join(folder, 'uneven-whole')];
    expectSuccess(await fcnInside(...tinyTraining(run, ...uneven)));
    await cp(run, whole, { recursive: true });
    await writeFile(path.join(run, 'checkpoints', 'iteration-5.safetensors'), 'damaged');
    expectSuccess(await fcnInside('train', '--resume', '--out', run));
    expect(await tracesOf(run)).toEqual(await tracesOf(whole));
    for (const one of [run, whole]) {
      expectSuccess(await fcnInside('train', '--resume', '--out', one, '--iterations', '6'));
    }
    expect(await tracesOf(run)).toEqual(await tracesOf(whole));
  });
});

describe('damaged weights of a run', () => {
  it.each(['best', 'last'])('are named by whatever reads them: %s', async (name) => {
    const run = await completeRun(`flipped-${name}`);
    const file = path.join(run, `${name}.safetensors`);
    const bytes = await readFile(file);
    bytes[bytes.length >> 1]! ^= 0x40;
    await writeFile(file, bytes);
    const image = path.join(folder, 'image.png');
    await sharp({ create: { width: 32, height: 32, channels: 3, background: 'gray' } }).toFile(image);
    const out = path.join(folder, `masks-${name}`);
    const checksum = /^fcn: safetensors file .*: got checksum \w{8}, expected \w{8}.*it is damaged/;
    expectError(await fcnInside('predict', '--weights', file, '--out', out, image), 2, file, checksum);
    expectError(await fcnInside('evaluate', '--weights', file, '--data', tinyData), 2, file, checksum);
    expectError(await fcnInside('convert', file, path.join(folder, 'x.pth')), 2, file, checksum);
    expectError(await fcnInside('inspect', file), 2, file, checksum);
    const begun = path.join(folder, `from-${name}`);
    expectError(await fcnInside(...tinyTraining(begun, '--init', file)), 2, file, checksum);
  });
});

describe('--resume and the data', () => {
  let voc: VocFolder;
  let begun: string;
  beforeAll(async () => {
    voc = await makeVocFolder();
    begun = path.join(voc.folder, 'begun');
    const short = ['--iterations', '2', '--validate-every', '2', '--checkpoint-every', '2'];
    expectSuccess(await fcnInside(...tinyTraining(begun, '--data', voc.spec, ...short)));
  });

  /** A copy of the data and a copy of the run, which `change` may change. */
  async function resumed(
    change: (voc: VocFolder, run: string) => Promise<unknown>,
    ...args: string[]
  ): Promise<{ outcome: Outcome; run: string; folder: string }> {
    const copy = await temporaryFolder();
    await cp(voc.folder, copy, { recursive: true });
    const moved = vocIn(copy);
    const run = path.join(copy, 'begun');
    await change(moved, run);
    const outcome = await fcnInside(
      'train',
      '--resume',
      '--out',
      run,
      '--data',
      moved.spec,
      '--iterations',
      '4',
      ...args,
    );
    return { outcome, run, folder: copy };
  }

  it('goes on where data and run have moved, and with other threads', async () => {
    const { outcome, run, folder } = await resumed(async () => {}, '--threads', '2');
    expectSuccess(outcome);
    const { data, threads, directory } = JSON.parse(await readFile(path.join(run, 'config.json'), 'utf8'));
    expect({ data, threads, directory }).toEqual({
      data: `voc:${folder}`,
      threads: 2,
      directory: process.cwd(),
    });
  });

  const changes: [string, (voc: VocFolder) => Promise<unknown>, RegExp][] = [
    [
      'an image was added',
      (data) =>
        writeFile(data.split('train'), 'train_000000\ntrain_000001\ntrain_000002\ntrain_000003\nval_000001'),
      /but train has 5 images instead of 4, expected/,
    ],
    [
      'an image was exchanged',
      (data) => writeFile(data.split('val'), 'val_000001\ntrain_000000'),
      /but val lists different images/,
    ],
    [
      'a label was edited',
      (data) =>
        writeLabel(data.label('train_000002'), {
          width: 40,
          height: 32,
          data: new Uint8Array(40 * 32).fill(1),
        }),
      /but labels of train or the meaning of their values have changed/,
    ],
    [
      'an image was replaced',
      async (data) => writeFile(data.image('train_000002'), await readFile(data.image('train_000001'))),
      /but image files of train have changed/,
    ],
  ];
  it.each(changes)('stops where %s, and goes on when told to', async (_, change, message) => {
    const { outcome, run } = await resumed(change);
    expectError(outcome, 2, /^fcn: --resume: got data /, message, /--changed-data/);
    expect(await iterationsOf(run)).toBe(2);
    const again = await resumed(change, '--changed-data');
    expectSuccess(again.outcome);
    expect(again.outcome.stderr).toMatch(/^warning: .*continues with changed data: /m);
    expect(await iterationsOf(again.run)).toBe(4);
  });

  it('of a run that does not say what its data were goes on, and says so', async () => {
    const run = path.join(voc.folder, 'earlier');
    await cp(begun, run, { recursive: true });
    const file = path.join(run, 'config.json');
    const { dataDigests, directory, ...earlier } = JSON.parse(await readFile(file, 'utf8'));
    expect(dataDigests.train.images).toBe(4);
    expect(directory).toBe(process.cwd());
    await writeFile(file, JSON.stringify(earlier));
    const outcome = await fcnInside('train', '--resume', '--out', run, '--iterations', '3');
    expectSuccess(outcome);
    expect(outcome.stderr).toMatch(/^warning: .*an earlier version started this run/m);
  });

  it('finds data by the folder that the run was started in, and asks where they are when they are gone', async () => {
    const run = path.join(voc.folder, 'elsewhere');
    await cp(begun, run, { recursive: true });
    const file = path.join(run, 'config.json');
    const config = JSON.parse(await readFile(file, 'utf8'));
    const { base, dir } = path.parse(voc.folder);
    await writeFile(file, JSON.stringify({ ...config, data: `voc:${base}`, directory: dir }));
    expectSuccess(await fcnInside('train', '--resume', '--out', run, '--iterations', '3'));
    await writeFile(file, JSON.stringify({ ...config, data: 'voc:gone', directory: dir }));
    const outcome = await fcnInside('train', '--resume', '--out', run, '--iterations', '3');
    expectError(outcome, 2, `got no data at voc:${path.join(dir, 'gone')}`, /with --data$/);
  });
});

describe('a run of no iterations', () => {
  it('holds the first weights, is a run, and goes on', async () => {
    const run = path.join(folder, 'first-weights');
    expectSuccess(await fcnInside(...tinyTraining(run, ...settings, '--iterations', '0')));
    expectError(await fcnInside(...tinyTraining(run, ...settings, '--seed', '1')), 2, /already holds a run/);
    expectSuccess(await fcnInside('train', '--resume', '--out', run, '--iterations', '4'));
    expect(await tracesOf(run)).toEqual(await tracesOf(complete));
  });
});

describe('--resume is refused', () => {
  const changes: [string[], RegExp][] = [
    [['--seed', '1'], /got seed 1, expected 0/],
    [['--data', 'shapes:?train=7&val=2&size=32'], /got data .*train=7.*expected .*train=6/],
    [['--model', 'fcn8s'], /got model "fcn8s", expected "fcn32s-alexnet"/],
    [['--learning-rate', '1e-4'], /got learningRate 0\.0001, expected 0\.001/],
    [['--crop', '32x32'], /got trainSize .*"crop".*expected .*"native"/],
    [['--augment', 'flip'], /got augment \["flip"\], expected \[\]/],
    [['--input', 'caffe'], /got input "caffe", expected .*RGB/],
    [['--init', 'other.safetensors'], /got init "other\.safetensors", expected "none"/],
    [['--iterations', '3'], /got a total of 3 iterations, expected at least the 4/],
  ];
  it.each(changes)('with %j', async (change, message) => {
    const run = await completeRun(change.join('').replaceAll('/', ''));
    const before = await tracesOf(run);
    expectError(
      await fcnInside('train', '--resume', '--out', run, ...change),
      2,
      /^fcn: --resume: /,
      message,
      run,
    );
    expect(await tracesOf(run)).toEqual(before);
    expect(await readFile(path.join(run, 'config.json'))).toEqual(
      await readFile(path.join(complete, 'config.json')),
    );
  });

  it('when the total decides the learning rates', async () => {
    const run = path.join(folder, 'poly');
    expectSuccess(await fcnInside(...tinyTraining(run, '--iterations', '2', '--schedule', 'poly')));
    const outcome = await fcnInside('train', '--resume', '--out', run, '--iterations', '4');
    expectError(outcome, 2, /got 4 iterations, expected 2.*poly/);
  });

  it('when the checkpoints are gone, lest the logs are lost', async () => {
    const run = await completeRun('no-checkpoints');
    await rm(path.join(run, 'checkpoints'), { recursive: true });
    expectError(
      await fcnInside('train', '--resume', '--out', run),
      2,
      /got no checkpoint in/,
      /--init .*last/,
    );
    expect(await iterationsOf(run)).toBe(4);
  });

  it('when both checkpoints are damaged', async () => {
    const run = await completeRun('damaged-checkpoints');
    const files = [2, 4].map((n) => path.join(run, 'checkpoints', `iteration-${n}.safetensors`));
    for (const file of files) await cp(path.join(run, 'log.csv'), file);
    expectError(await fcnInside('train', '--resume', '--out', run), 2, ...files, /damaged/, /--init .*last/);
    expect(await iterationsOf(run)).toBe(4);
  });

  it('when the configuration is damaged', async () => {
    const run = await completeRun('damaged-configuration');
    const file = path.join(run, 'config.json');
    await cp(path.join(run, 'log.csv'), file);
    expectError(await fcnInside('train', '--resume', '--out', run), 2, file, /not JSON/);
  });
});
