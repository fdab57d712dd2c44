import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { filesBelow } from '../../src/base/files-below.ts';

describe('filesBelow', () => {
  let folder: string;
  let outside: string;
  beforeEach(async () => {
    const temporary = await mkdtemp(path.join(tmpdir(), 'fcn-below-'));
    [folder, outside] = [path.join(temporary, 'folder'), path.join(temporary, 'outside')];
    for (const place of ['a', 'b']) await mkdir(path.join(folder, place), { recursive: true });
    await mkdir(outside);
    for (const file of ['a/1', 'b/2']) await writeFile(path.join(folder, file), '');
    await writeFile(path.join(outside, '3'), '');
  });
  afterEach(() => rm(path.dirname(folder), { recursive: true }));

  const link = (name: string, target: string) => symlink(target, path.join(folder, name));
  const found = () => filesBelow(folder, 'image folder').sort();

  it('follows links to other folders, in the folder and outside, and to files and nothing', async () => {
    await link('c', outside);
    await link('val', 'a');
    await link('4', path.join(outside, '3'));
    await link('a/nothing', 'missing');
    expect(found()).toEqual(['4', 'a/1', 'a/nothing', 'b/2', 'c/3', 'val/1', 'val/nothing']);
  });

  it('does not look into a folder within itself', async () => {
    await link('a/self', '.');
    await link('a/again', '.');
    await link('a/above', '..');
    await link('loop', '.');
    expect(found()).toEqual(['a/1', 'b/2']);
  });

  it('ends where folders link to each other, however many there are', async () => {
    const names = Array.from({ length: 12 }, (_, i) => `n${i}`);
    for (const name of names) await mkdir(path.join(outside, name));
    for (const from of names) {
      await writeFile(path.join(outside, from, 'x'), '');
      for (const to of names) await symlink(`../${to}`, path.join(outside, from, to));
    }
    await link('c', outside);
    const files = found();
    expect(files).toEqual(
      expect.arrayContaining(['a/1', 'b/2', 'c/3', ...names.map((name) => `c/${name}/x`)]),
    );
    expect(files.length).toBeLessThan(100);
  });

  it('says which folder it cannot read', () => {
    expect(() => filesBelow(path.join(folder, 'none'), 'image folder')).toThrow(
      `cannot read the image folder ${path.join(folder, 'none')}: there is no such file or folder`,
    );
  });
});
