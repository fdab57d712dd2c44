import { existsSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { tinyRun } from '../training/tiny-run.ts';
import { expectError, temporaryFolder } from './fcn.ts';
import { fcnInside } from './inside.ts';

const tiny = [
  '--data',
  'shapes:?train=4&val=2&size=32',
  '--model',
  'fcn32s-alexnet',
  '--width',
  '0.0625',
  '--threads',
  '1',
];

describe('fcn train --dry-run', { timeout: 180_000 }, () => {
  it('says what a run would do and need, and leaves nothing', async () => {
    const folder = await temporaryFolder();
    const [out, json] = [path.join(folder, 'run'), path.join(folder, 'dry.json')];
    const settings = [
      '--crop',
      '32x32',
      '--batch-size',
      '2',
      '--accumulate',
      '2',
      '--iterations',
      '10',
      '--validate-every',
      '4',
    ];
    const { stdout, code } = await fcnInside(
      'train',
      '--out',
      out,
      ...tiny,
      ...settings,
      '--dry-run',
      '--json',
      json,
    );
    expect(code).toBe(0);
    expect(existsSync(out)).toBe(false);
    expect(stdout).toMatch(/^data +shapes:.*: 4 images in train, 2 to validate; 6 classes$/m);
    expect(stdout).toMatch(/^images +crop 32x32, 2 per batch, 2 batches per update$/m);
    expect(stdout).toMatch(/^memory +about .* \(.* to .*\); this machine has .*$/m);
    expect(stdout).toMatch(/^time +.* per iteration on 1 thread, .* in all$/m);
    const forecast = JSON.parse(await readFile(json, 'utf8'));
    expect(forecast).toMatchObject({
      iterations: 10,
      epochs: 10,
      validations: 3,
      imageSize: { height: 32, width: 32 },
    });
    const { iteration, validation, total } = forecast.seconds;
    expect(total).toBeCloseTo(10 * iteration + 3 * validation, 6);
  });

  it('goes with nothing that writes', async () => {
    const out = path.join(await temporaryFolder(), 'run');
    expectError(
      await fcnInside('train', '--out', out, ...tiny, '--dry-run', '--resume'),
      2,
      /--dry-run: got --resume/,
    );
    expectError(
      await fcnInside('train', '--out', out, ...tiny, '--json', 'x.json'),
      2,
      /--json: got x\.json without --dry-run/,
    );
    expect(existsSync(out)).toBe(false);
  });
});

describe('what fcn train --dry-run --json writes', { timeout: 180_000 }, () => {
  const dry = (...args: string[]) =>
    fcnInside('train', ...tiny, '--crop', '32x32', '--iterations', '1', '--dry-run', ...args);

  it('replaces nothing but an earlier result', async () => {
    const folder = await temporaryFolder();
    const json = path.join(folder, 'dry.json');
    await writeFile(json, 'mine');
    expectError(await dry('--json', json), 2, /--json: got .*dry\.json, which exists and was not written by/);
    expect(await readFile(json, 'utf8')).toBe('mine');
    expect((await dry('--json', json, '--force')).code).toBe(0);
    expect((await dry('--json', json)).code).toBe(0);
    expect(JSON.parse(await readFile(json, 'utf8'))).toMatchObject({ iterations: 1 });
    const staged = ['--model', 'fcn16s-squeezenet', '--stages', '32s,16s'];
    expect((await dry('--json', json, ...staged)).code).toBe(0);
    expect((await dry('--json', json, ...staged)).code).toBe(0);
    expect(JSON.parse(await readFile(json, 'utf8')).stages).toHaveLength(2);
  });
});

describe('a request that no machine can meet', { timeout: 180_000 }, () => {
  it.each([
    ['batch size', ['--batch-size', '1000000000']],
    ['width', ['--width', '1000']],
    ['crop', ['--crop', '1000000x1000000']],
    ['accumulate', ['--accumulate', '2000000000']],
    ['threads', ['--threads', '10000']],
  ])('of %s is refused at once', async (_, settings) => {
    const out = path.join(await temporaryFolder(), 'run');
    const outcome = await fcnInside('train', '--out', out, ...tiny, ...settings);
    expectError(outcome, 2, /^fcn: (memory: got .*; lower|--threads: got '10000')/);
    expect(existsSync(out)).toBe(false);
  });

  it.each([
    ['images resized', ['--resize', '1000000x1000000']],
    ['validation images', ['--val-size', '1000000x1000000']],
    ['a stage', ['--crop', '1000000x1000000', '--model', 'fcn16s-squeezenet', '--stages', '32s,16s']],
    ['a dry run', ['--batch-size', '1000000000', '--dry-run']],
    [
      'a dry run of stages',
      ['--batch-size', '1000000000', '--model', 'fcn16s-squeezenet', '--stages', '32s,16s', '--dry-run'],
    ],
  ])('of %s as well', async (_, settings) => {
    const out = path.join(await temporaryFolder(), 'run');
    expectError(
      await fcnInside('train', '--out', out, ...tiny, ...settings),
      2,
      /^fcn: memory: got a run .*; lower/,
    );
    expect(existsSync(out)).toBe(false);
  });

  it('of a run that goes on on a machine that is too small, and leaves it as it was', async () => {
    const { run } = await tinyRun();
    onTestFinished(() => rm(run.folder, { recursive: true }));
    const config = JSON.parse(await readFile(run.configFile, 'utf8'));
    await writeFile(run.configFile, JSON.stringify({ ...config, batchSize: 1e9 }));
    const before = await readdir(run.folder, { recursive: true });
    const outcome = await fcnInside('train', '--resume', '--out', run.folder);
    expectError(outcome, 2, /^fcn: memory: got a run that needs about .*; lower/);
    expect(await readdir(run.folder, { recursive: true })).toEqual(before);
    expect(JSON.parse(await readFile(run.configFile, 'utf8'))).toMatchObject({ batchSize: 1e9 });
  });
});
