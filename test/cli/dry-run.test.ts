import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { expectError, fcn, temporaryFolder } from './fcn.ts';

const tiny = [
  '--data',
  'shapes:?train=4&val=2&size=32',
  '--model',
  'fcn8s',
  '--width',
  '0.02',
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
    const { stdout, code } = await fcn(
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
    expect(stdout).toMatch(/^time +.* per iteration on 1 threads, .* in all$/m);
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
      await fcn('train', '--out', out, ...tiny, '--dry-run', '--resume'),
      2,
      /--dry-run: got --resume/,
    );
    expectError(
      await fcn('train', '--out', out, ...tiny, '--json', 'x.json'),
      2,
      /--json: got x\.json without --dry-run/,
    );
    expect(existsSync(out)).toBe(false);
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
    const outcome = await fcn('train', '--out', out, ...tiny, ...settings);
    expectError(outcome, 2, /^fcn: (memory: got .*; lower|--threads: got '10000')/);
    expect(existsSync(out)).toBe(false);
  });
});
