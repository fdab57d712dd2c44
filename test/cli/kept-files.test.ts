import { lstat, mkdir, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectError, expectSuccess, fcn, temporaryFolder, tinyTraining } from './fcn.ts';

let folder: string;
beforeAll(async () => {
  folder = await temporaryFolder();
});

/** All that lies below a folder: files with their content, links with their targets, folders. */
async function stateOf(below: string): Promise<Record<string, string>> {
  const state: Record<string, string> = {};
  for (const name of (await readdir(below, { recursive: true })).sort()) {
    const file = path.join(below, name);
    const found = await lstat(file);
    if (found.isSymbolicLink()) state[name] = `-> ${await readlink(file)}`;
    else state[name] = found.isDirectory() ? 'folder' : `${found.mtimeMs} ${await readFile(file, 'hex')}`;
  }
  return state;
}

/** A folder of somebody's that takes no name of a run. */
async function somebodys(name: string): Promise<string> {
  const out = path.join(folder, name);
  await rm(out, { recursive: true, force: true });
  await mkdir(path.join(out, 'photos'), { recursive: true });
  await writeFile(path.join(out, 'photos', 'a.txt'), 'a');
  await writeFile(path.join(out, 'notes.txt'), 'mine');
  return out;
}

/** A training that fails after it has begun to write, before its first iteration. */
const failing = (out: string, ...more: string[]) => [
  ...tinyTraining(out, ...more).filter((arg) => arg !== '--native-size'),
  ...['--val-size', 'native', '--crop', '9000000x9000000', '--iterations', '1'],
];

describe('a name that is taken by something else', () => {
  it.each([['config.json'], ['report.html'], ['checkpoints/best.pt']])(
    '%s is refused by train',
    async (name) => {
      const out = await somebodys('taken');
      await mkdir(path.dirname(path.join(out, name)), { recursive: true });
      await writeFile(path.join(out, name), '{"mine": 1}');
      const before = await stateOf(out);
      expectError(await fcn(...tinyTraining(out, '--iterations', '1')), 2, out, / exists .*choose another/);
      expect(await stateOf(out)).toEqual(before);
    },
  );

  it('is refused by train --stages and by demo', async () => {
    const out = await somebodys('taken-by-stages');
    await mkdir(path.join(out, 'fcn16s'));
    await writeFile(path.join(out, 'fcn16s', 'best.safetensors'), 'mine');
    const before = await stateOf(out);
    const stages = [...tinyTraining(out, '--iterations', '1'), '--model', 'fcn16s', '--stages', '32s,16s'];
    expectError(await fcn(...stages), 2, out, /best.safetensors exists/);
    expectError(await fcn('demo', '--out', out), 2, out, /best.safetensors exists/);
    expect(await stateOf(out)).toEqual(before);
  });

  it('is refused where it is --out itself', async () => {
    const file = path.join(folder, 'file');
    await writeFile(file, 'mine');
    expectError(await fcn(...tinyTraining(file, '--iterations', '1')), 2, file, /is a file/);
    expect(await readFile(file, 'utf8')).toBe('mine');
  });
});

describe('a run that fails before its first iteration', () => {
  it('leaves a folder with other things in it as it was', async () => {
    const out = await somebodys('failed');
    await mkdir(path.join(out, 'checkpoints'));
    const before = await stateOf(out);
    expectError(await fcn(...failing(out)), 2, /memory/);
    expectError(await fcn(...failing(out, '--model', 'fcn16s', '--stages', '32s,16s')), 2, /memory/);
    expect(await stateOf(out)).toEqual(before);
  });

  it('leaves no folder where there was none', async () => {
    expectError(await fcn(...failing(path.join(folder, 'new', 'deep', 'run'))), 2, /memory/);
    expect(await readdir(folder)).not.toContain('new');
  });
});

describe('a folder with other things in it', () => {
  it('takes a run, and keeps them', async () => {
    const out = await somebodys('shared');
    const before = await stateOf(out);
    expectSuccess(await fcn(...tinyTraining(out, '--iterations', '1')));
    expect(await stateOf(out)).toMatchObject(before);
    expect(await readdir(out)).toContain('best.safetensors');
  });
});
