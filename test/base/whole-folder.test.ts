import { mkdir, readdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { fillWhole } from '../../src/base/whole-folder.ts';
import { temporaryFolder } from '../cli/fcn.ts';

let place: string;
beforeEach(async () => {
  place = await temporaryFolder();
});

/** What lies below a folder, with `/` between names. */
async function namesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  return names.map((name) => name.replaceAll(path.sep, '/')).sort();
}

async function writeParts(folder: string): Promise<void> {
  await mkdir(path.join(folder, 'images'));
  for (const name of ['images/a', 'list']) await writeFile(path.join(folder, name), 'new');
}

async function failing(folder: string): Promise<void> {
  await writeParts(folder);
  throw new Error('broken');
}

describe('a folder that is filled', () => {
  it.each([
    ['new', 'above/out'],
    ['empty', ''],
  ])('has all or, on failure, nothing where it is %s', async (_, name) => {
    const out = path.join(place, name);
    await expect(fillWhole(out, false, failing)).rejects.toThrow('broken');
    expect(await namesIn(place)).toEqual([]);
    await fillWhole(out, false, writeParts);
    expect(await namesIn(out)).toEqual(['images', 'images/a', 'list']);
  });

  it('with other files in it keeps them, and on failure all', async () => {
    await mkdir(path.join(place, 'images'));
    for (const name of ['images/a', 'images/b', 'c']) await writeFile(path.join(place, name), 'old');
    await symlink('c', path.join(place, 'list'));
    const before = await namesIn(place);
    await expect(fillWhole(place, true, failing)).rejects.toThrow('broken');
    expect(await namesIn(place)).toEqual(before);
    expect(await readFile(path.join(place, 'images', 'a'), 'utf8')).toBe('old');
    await fillWhole(place, true, writeParts);
    expect(await namesIn(place)).toEqual(before);
    const content = (name: string) => readFile(path.join(place, name), 'utf8');
    expect(await Promise.all(['images/a', 'images/b', 'c'].map(content))).toEqual(['new', 'old', 'new']);
    expect(await readlink(path.join(place, 'list'))).toBe('c');
  });

  it('is left as it is where something is in the way', async () => {
    await mkdir(path.join(place, 'list'));
    await expect(fillWhole(place, true, writeParts)).rejects.toThrow(`cannot write ${place}/list: `);
    expect(await namesIn(place)).toEqual(['list']);
  });

  it.each([true, false])('belongs to the one of two that ends first (new: %s)', async (isNew) => {
    const out = isNew ? path.join(place, 'out') : place;
    const second = fillWhole(out, false, async (folder) => {
      await writeParts(folder);
      await fillWhole(out, false, async (other) => {
        await mkdir(path.join(other, 'images'));
        await writeFile(path.join(other, 'images', 'first'), '');
      });
    });
    await expect(second).rejects.toThrow(/cannot write .*(not empty|in the way)/);
    expect(await namesIn(out)).toEqual(['images', 'images/first']);
  });
});
