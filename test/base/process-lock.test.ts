import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { whileLocked } from '../../src/base/process-lock.ts';

const lockFile = async () => path.join(await mkdtemp(path.join(tmpdir(), 'fcn-lock-')), 'lock');

describe('a lock', () => {
  it('lets one at a time do the work, and is gone afterwards', async () => {
    const file = await lockFile();
    await whileLocked(file, 'work', async () => {
      expect(await readFile(file, 'utf8')).toBe(String(process.pid));
      await expect(whileLocked(file, 'work', async () => {})).rejects.toThrow(
        `work: process ${process.pid} is at it already; wait for it, or remove ${file} if there is none`,
      );
    });
    expect(existsSync(file)).toBe(false);
    await expect(whileLocked(file, 'work', async () => Promise.reject(new Error('broken')))).rejects.toThrow(
      'broken',
    );
    expect(existsSync(file)).toBe(false);
  });

  it('of a process that has ended does not count, even when its number is ours', async () => {
    const { pid: ended } = spawnSync(process.execPath, ['--version']);
    for (const owner of [ended, process.pid]) {
      const file = await lockFile();
      await writeFile(file, String(owner));
      expect(await whileLocked(file, 'work', async () => 'done')).toBe('done');
    }
  });

  it('of another process that runs counts', async () => {
    const file = await lockFile();
    await writeFile(file, String(process.ppid));
    await expect(whileLocked(file, 'work', async () => {})).rejects.toThrow(`process ${process.ppid} is at`);
  });
});
