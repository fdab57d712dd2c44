import { spawnSync } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../cli/fcn.ts';

const program = path.join(import.meta.dirname, 'exit-in-work.js');

it.each<[string, string[], string[]]>([
  ['leaves nothing of work that has not begun', [], []],
  ['keeps what could be lost', ['begun'], ['new', 'new/1', 'new/1/run', 'new/1/run/file']],
])('a process that exits %s', async (_, more, left) => {
  const folder = await temporaryFolder();
  const { status, stderr } = spawnSync(process.execPath, [program, folder, ...more], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 130, stderr: '' });
  const names = await readdir(folder, { recursive: true });
  expect(names.map((name) => name.replaceAll(path.sep, '/')).sort()).toEqual(left);
});
