import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { writeFileAtomic } from '../../src/base/files.ts';
import { isTemporary, removeAbandoned } from '../../src/base/temporary-files.ts';

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'fcn-temporary-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A process that has begun to write a file and does not come to its end. */
async function startWriter(file: string) {
  const files = pathToFileURL(path.resolve('dist/base/files.js')).href;
  const program = `import { writeFileAtomic } from ${JSON.stringify(files)};
    async function* parts() { yield 'half'; await new Promise((done) => setTimeout(done, 1e6)); }
    await writeFileAtomic(${JSON.stringify(file)}, parts());`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  while (!(await readdir(path.dirname(file))).some(isTemporary)) await sleep(20);
  return child;
}

it('removes what a killed process was writing, and not what a live one is', async () => {
  const folder = await newFolder();
  const child = await startWriter(path.join(folder, 'weights'));
  const [half] = await readdir(folder);
  await removeAbandoned(folder);
  expect(await readdir(folder)).toEqual([half]);

  const dead = new Promise((resolve) => child.on('exit', resolve));
  child.kill('SIGKILL');
  await dead;
  // The next one that writes into the folder, whatever it writes.
  await writeFileAtomic(path.join(folder, 'others'), ['whole']);
  expect(await readdir(folder)).toEqual(['others']);
});

it('removes nothing of others', async () => {
  const folder = await newFolder();
  const elsewhere = 'weights.fcn-1-1-00000000-0.tmp'; // on another host, which may live
  const names = [
    'notes.123.tmp',
    'weights.fcn.tmp',
    'weights.fcn-1.tmp',
    '.tmp',
    elsewhere,
    'log.csv.999999.tmp',
  ];
  for (const name of names) await writeFile(path.join(folder, name), 'mine');
  await removeAbandoned(folder);
  expect((await readdir(folder)).sort()).toEqual([...names].sort());

  const longAgo = new Date(Date.now() - 2 * 24 * 3600 * 1000);
  await utimes(path.join(folder, elsewhere), longAgo, longAgo);
  await removeAbandoned(folder, (name) => name === 'log.csv'); // as version 0.1.0 named it
  expect((await readdir(folder)).sort()).toEqual(names.slice(0, 4).sort());
});
