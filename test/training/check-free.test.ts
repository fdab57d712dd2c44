import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { RunFolder } from '../../src/training/run-folder.ts';
import { StagedFolder } from '../../src/training/staged-folder.ts';
import { temporaryFolder } from '../cli/fcn.ts';
import { tinyRun } from './tiny-run.ts';

/** A folder with a file of somebody's that takes no name of a run. */
async function somebodys(): Promise<string> {
  const out = await temporaryFolder();
  await writeFile(path.join(out, 'notes.txt'), 'mine');
  return out;
}

async function put(out: string, name: string, content = 'mine'): Promise<void> {
  await mkdir(path.dirname(path.join(out, name)), { recursive: true });
  await writeFile(path.join(out, name), content);
}

const header = 'iteration,epoch,loss,learning_rate,elapsed_s,ids\n';

describe('a run that begins in a folder of somebody', () => {
  it.each<[string, string?]>([
    ['config.json', '{"name": "my program"}'],
    ['log.csv', 'time,event\n1,started\n'],
    ['log.csv', `${header}mine`],
    ['val.csv', 'iteration,pixelAccuracy,meanAccuracy,meanIoU,fwIoU\n1,0,0,0,0\n'],
    ['checkpoints/best.pt'],
    ['checkpoints/old/iteration-1.safetensors'],
    ['checkpoints'],
    ['live/stream.html'],
    ['live'],
    ['report.html', '<html>mine</html>'],
    ['run.lock', 'mine'],
    ['best.safetensors'],
    ['best.json', '{}'],
    ['last.safetensors', ''],
    ['summary.json', '{}'],
  ])('does not take %s', async (name, content = 'mine') => {
    const out = await somebodys();
    await put(out, name, content);
    const run = new RunFolder(out);
    expect(await run.hasBegun()).toBe(false);
    await expect(run.checkFree()).rejects.toThrow(`where ${name.split('/')[0]} exists`);
  });

  it('does not take links, and folders in place of files', async () => {
    const out = await somebodys();
    await symlink(path.join(out, 'notes.txt'), path.join(out, 'log.csv'));
    await expect(new RunFolder(out).checkFree()).rejects.toThrow('log.csv exists');
    const others = await somebodys();
    await symlink('/nowhere/log.csv', path.join(others, 'log.csv'));
    await expect(new RunFolder(others).checkFree()).rejects.toThrow('log.csv exists');
    for (const name of ['config.json', 'log.csv', 'best.safetensors']) {
      const third = await somebodys();
      await mkdir(path.join(third, name));
      expect(await new RunFolder(third).hasBegun()).toBe(false);
      await expect(new RunFolder(third).checkFree()).rejects.toThrow(`${name} exists`);
    }
  });

  it('takes what holds nothing, and what a run left that was killed before it began', async () => {
    const out = await somebodys();
    await mkdir(path.join(out, 'checkpoints'));
    await put(out, 'log.csv', '');
    await new RunFolder(out).checkFree();

    const { run } = await tinyRun();
    await put(run.folder, 'log.csv', header);
    await put(run.folder, 'live/watched', '');
    await run.checkFree();
  });

  it.each<[string, string?]>([
    ['stages.json', '[]'],
    ['report.html'],
    ['fcn32s/best.safetensors'],
    ['fcn16s/config.json', '{}'],
    ['fcn16s'],
  ])('in stages does not take %s', async (name, content = 'mine') => {
    const out = await somebodys();
    await put(out, name, content);
    const staged = new StagedFolder(out);
    await expect(staged.checkFree(['fcn32s', 'fcn16s'])).rejects.toThrow(path.basename(name));
    expect(await readdir(out)).toHaveLength(2);
  });
});
