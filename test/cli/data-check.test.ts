import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { expectError, expectSuccess, fcn, temporaryFolder } from './fcn.ts';
import { cutOff, makeVocFolder } from './voc-folder.ts';

describe('fcn data bounds', () => {
  it('prints a bound for each factor and writes them as JSON', async () => {
    const json = path.join(await temporaryFolder(), 'bounds.json');
    const outcome = await fcn('data', 'bounds', 'shapes:?val=3&size=32', '--json', json);
    expectSuccess(outcome);
    const { bounds, ...about } = JSON.parse(await readFile(json, 'utf8'));
    expect(about).toEqual({ data: 'shapes:?val=3&size=32', split: 'val', images: 3 });
    const rows = bounds.map((bound: { factor: number; meanIoU: number }) => [
      String(bound.factor),
      (100 * bound.meanIoU).toFixed(2),
    ]);
    expect(rows).toHaveLength(6);
    expect(
      outcome.stdout
        .trim()
        .split('\n')
        .map((line) => line.split(/ {2,}/)),
    ).toEqual([['factor', 'mean IoU'], ...rows]);
  });
});

describe('fcn data check', () => {
  it('prints what is there and writes it as JSON', async () => {
    const json = path.join(await temporaryFolder(), 'check.json');
    const outcome = await fcn('data', 'check', 'shapes:?train=3&val=2&size=32', '--json', json);
    expectSuccess(outcome);
    expect(outcome.stdout).toMatch(/ train\n3 images, height 32\/32\/32, width 32\/32\/32/);
    const { splits } = JSON.parse(await readFile(json, 'utf8'));
    expect(splits.val.images).toBe(2);
    expect(splits.val.classes[0]).toMatchObject({ name: 'background', images: 2 });
    expect(splits.val.suggestions).toHaveLength(1);
  });

  it('looks at the splits and rare classes that it is asked for', async () => {
    const args = ['--split', 'val', '--min-images', '0'];
    const { stdout } = await fcn('data', 'check', 'shapes:?train=3&val=2&size=32', ...args);
    expect(stdout).toMatch(/^shapes:\S+ val\n2 images/);
    expect(stdout).not.toMatch(/ train\n|fewer than/);
  });

  it('tells of every broken file and ends with exit code 2', async () => {
    const voc = await makeVocFolder();
    const json = path.join(await temporaryFolder(), 'check.json');
    for (const id of ['train_000000', 'train_000001']) await cutOff(voc.image(id));
    await writeFile(voc.label('val_000000'), 'no label');
    const outcome = await fcn('data', 'check', voc.spec, '--json', json);
    const lines = outcome.stdout.split('\n').filter((line) => line.startsWith('  error: '));
    expect(lines).toEqual([
      expect.stringContaining(voc.image('train_000000')),
      expect.stringContaining(voc.image('train_000001')),
      expect.stringContaining(voc.label('val_000000')),
    ]);
    const { splits } = JSON.parse(await readFile(json, 'utf8'));
    expect(splits.train.problems.slice(0, 2)).toMatchObject([
      { severity: 'error', ids: ['train_000000'] },
      { severity: 'error', ids: ['train_000001'] },
    ]);
    const stderr = outcome.stderr.replace(/^checking .*\n/gm, '');
    expectError({ ...outcome, stdout: '', stderr }, 2, /data check .*got 3 errors/);
  });

  it('refuses what is no data set', async () => {
    expectError(await fcn('data', 'check', 'voc:/no/such/folder'), 2, '/no/such/folder');
  });
});
