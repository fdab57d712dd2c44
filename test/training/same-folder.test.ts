import { existsSync, mkdirSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { inDefaultFolder } from '../../src/training/default-folder.ts';
import type { PreparedRun } from '../../src/training/prepare.ts';
import { RunFolder } from '../../src/training/run-folder.ts';
import { StagedFolder } from '../../src/training/staged-folder.ts';
import { temporaryFolder } from '../cli/fcn.ts';
import { tinyRun } from './tiny-run.ts';

const { prepared }: { prepared: PreparedRun } = await tinyRun();
const { config } = prepared;
let place: string;
beforeEach(async () => {
  place = await temporaryFolder();
});

describe('two runs that begin in one folder', () => {
  it('do not touch what the one that has the lock makes', async () => {
    const [first, second] = [new RunFolder(`${place}/run`), new RunFolder(`${place}/run`)];
    await first.begin(config, async () => {
      // The second one has looked around when the first one makes its folders.
      const refused = second.begin(config, () => expect.unreachable());
      for (const folder of [first.checkpoints, first.live]) mkdirSync(folder);
      await expect(refused).rejects.toThrow(/is already working on it/);
      expect((await readdir(first.folder)).sort()).toEqual([
        'checkpoints',
        'config.json',
        'live',
        'run.lock',
      ]);
    });
  });

  it('nor do stages', async () => {
    const [first, second] = [new StagedFolder(`${place}/run`), new StagedFolder(`${place}/run`)];
    const stages = { first: prepared, configs: new Map([['fcn32s', config]]), warnings: new Map() };
    const { run } = first.stage('fcn32s');
    await first.begin(stages, async () => {
      const refused = second.begin(stages, () => expect.unreachable());
      mkdirSync(run.checkpoints);
      await expect(refused).rejects.toThrow(/is already working on it/);
      expect((await readdir(run.folder)).sort()).toEqual(['checkpoints', 'config.json']);
    });
  });

  it('leave nothing if both fail', async () => {
    const [first, second] = [new RunFolder(`${place}/a/run`), new RunFolder(`${place}/a/run`)];
    const failing = first.begin(config, async () => {
      await expect(second.begin(config, () => expect.unreachable())).rejects.toThrow(/already working/);
      throw new Error('broken');
    });
    await expect(failing).rejects.toThrow('broken');
    expect(await readdir(place)).toEqual([]);
  });

  it('say so if the other one is there already when the first comes to begin', async () => {
    const run = new RunFolder(`${place}/run`);
    await run.create(config);
    await writeFile(run.log.file, 'iteration,epoch,loss,learning_rate,elapsed_s,ids\n1,1,1,1,1,a\n');
    const before = await readdir(run.folder);
    const refused = run.begin(config, () => expect.unreachable());
    await expect(refused).rejects.toThrow(/another process has trained meanwhile.*choose another name/);
    expect(await readdir(run.folder)).toEqual(before);
  });
});

it('runs without a named folder that begin at once get one each, which goes if nothing is in it', async () => {
  const before = process.cwd();
  process.chdir(place);
  try {
    const ended = await inDefaultFolder('photos', async (first) => {
      const second = await inDefaultFolder('photos', async (folder) => folder);
      expect([first, second]).toEqual([path.join('runs', 'photos'), path.join('runs', 'photos-2')]);
      expect(existsSync(second)).toBe(false);
      return first;
    });
    expect(ended).toBe(path.join('runs', 'photos'));
    expect(await readdir(place)).toEqual([]);
    await inDefaultFolder('photos', (folder) => writeFile(path.join(folder, 'kept'), ''));
    await expect(inDefaultFolder('photos', () => Promise.reject(new Error('broken')))).rejects.toThrow(
      'broken',
    );
    expect(await readdir('runs', { recursive: true })).toEqual(['photos', path.join('photos', 'kept')]);
  } finally {
    process.chdir(before);
  }
});
