import { spawn, spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { writeFileAtomic } from '../../../src/base/files.ts';
import { lockOwner, whileLocked } from '../../../src/base/locks/process-lock.ts';
import { temporaryFolder } from '../../cli/fcn.ts';

const lockFile = async () => path.join(await temporaryFolder(), 'lock');
const isLinux = process.platform === 'linux';

/** A heartbeat that a test can wait for; other hosts have a longer one. */
const quick = { every: 50, silence: 1000 };

/** Runs a command to its end. */
async function run(command: string, args: string[]) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (output += chunk));
  const ended = new Promise<{ code: number | null; output: string }>((resolve) => {
    child.on('close', (code) => resolve({ code, output }));
  });
  return { child, ended };
}

const holder = path.join(import.meta.dirname, 'hold-lock.js');

/** Another process that wants the lock, and has it until the file `done` is there. */
const startHolder = (file: string, ...args: string[]) => run(process.execPath, [holder, file, ...args]);

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(5);
}

describe('a lock', () => {
  it('lets one at a time do the work, and is gone afterwards', async () => {
    const file = await lockFile();
    await whileLocked(file, 'work', async () => {
      expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ pid: process.pid, host: hostname() });
      await expect(whileLocked(file, 'work', async () => {})).rejects.toThrow(
        `work: process ${process.pid} is already working on it; wait for it, or remove ${file} if there is no such process`,
      );
    });
    expect(existsSync(file)).toBe(false);
    await expect(whileLocked(file, 'work', async () => Promise.reject(new Error('broken')))).rejects.toThrow(
      'broken',
    );
    expect(existsSync(file)).toBe(false);
  });

  it.skipIf(!isLinux)('is refused where something lies in its place that is no file', async () => {
    const makers: Record<string, (file: string) => unknown> = {
      folder: (file) => mkdir(file),
      'a link to nothing': (file) => symlink('nothing', file),
      'a link to a file': async (file) => {
        await writeFile(`${file}.other`, 'mine');
        await symlink(`${file}.other`, file);
      },
      pipe: (file) => spawnSync('mkfifo', [file]),
    };
    for (const [what, make] of Object.entries(makers)) {
      const file = await lockFile();
      await make(file);
      await expect(
        whileLocked(file, 'work', async () => 'done', quick),
        what,
      ).rejects.toThrow(`lock ${file}: `);
      const others = (await readdir(path.dirname(file))).filter((name) => name !== 'lock');
      expect(others, what).toEqual(what === 'a link to a file' ? ['lock.other'] : []);
    }
  });

  it('of version 0.1.0 counts while its process runs', async () => {
    const file = await lockFile();
    await writeFile(file, String(process.ppid));
    await expect(whileLocked(file, 'work', async () => {})).rejects.toThrow(
      `process ${process.ppid} is already working on it`,
    );
    const { pid: ended } = spawnSync(process.execPath, ['--version']);
    for (const owner of [ended, process.pid]) {
      await writeFile(file, String(owner));
      expect(await whileLocked(file, 'work', async () => 'done')).toBe('done');
    }
  });

  it.skipIf(!isLinux)('of a process that was killed does not count, at once', async () => {
    const file = await lockFile();
    const { child, ended } = await startHolder(file);
    await until(() => existsSync(`${file}.held`));
    child.kill('SIGKILL');
    await ended;
    expect(existsSync(file)).toBe(true);
    expect(await whileLocked(file, 'work', async () => 'done')).toBe('done');
    expect((await readdir(path.dirname(file))).sort()).toEqual(['lock.held']);
  });

  it.skipIf(!isLinux)('of a process whose number another has now does not count', async () => {
    const file = await lockFile();
    await whileLocked(file, 'work', async () => writeFile(`${file}.copy`, await readFile(file)));
    const owner = JSON.parse(await readFile(`${file}.copy`, 'utf8'));
    const other = { ...owner, pid: process.ppid, token: '00000000-0000-4000-8000-000000000000' };
    await writeFile(file, JSON.stringify(other));
    expect(await whileLocked(file, 'work', async () => 'done')).toBe('done');
  });

  it('of another host counts while it beats, whatever the clocks say', async () => {
    const file = await lockFile();
    const theirs = JSON.stringify({
      token: '00000000-0000-4000-8000-000000000000',
      pid: 1,
      host: 'elsewhere',
      processes: 'another boot',
      started: '1',
    });
    await writeFile(file, theirs);
    const beating = setInterval(() => void utimes(file, 1, performance.now()), 50);
    const patient = { ...quick, silence: 20_000 }; // a busy machine may hold up the beats
    await expect(whileLocked(file, 'work', async () => {}, patient)).rejects.toThrow(
      'process 1 on elsewhere is already working on it',
    );
    clearInterval(beating);
    await sleep(100);
    expect(lockOwner(file)).toBe('working'); // the last beat may have come after the look above
    expect(await whileLocked(file, 'work', async () => 'done', quick)).toBe('done');
  });

  it('whose writer was killed before it said who it is does not count for long', async () => {
    const file = await lockFile();
    await writeFile(file, '');
    expect(await whileLocked(file, 'work', async () => 'done', quick)).toBe('done');
  });

  it('that another has taken over stops whoever had it before it writes', async () => {
    const file = await lockFile();
    const target = `${file}.target`;
    const work = async () => {
      await writeFileAtomic(target, ['before']);
      await writeFile(file, JSON.stringify({ token: 'theirs', pid: 7, host: 'elsewhere' }));
      await expect(writeFileAtomic(target, ['after'])).rejects.toThrow(
        /^work: got suspended.*process 7 on elsewhere has taken over; this process ends/,
      );
      await rm(file);
      await writeFileAtomic(target, ['after']);
    };
    await expect(whileLocked(file, 'work', work)).rejects.toThrow(/lock is no longer there/);
    expect(await readFile(target, 'utf8')).toBe('before');
  });

  it('beats while the thread that holds it is busy', async () => {
    const file = await lockFile();
    const { ended } = await startHolder(file, 'busy');
    await until(() => existsSync(`${file}.held`));
    const { mtimeMs } = statSync(file);
    await until(() => statSync(file).mtimeMs > mtimeMs);
    await writeFile(`${file}.done`, '');
    expect(await ended).toEqual({ code: 0, output: '' });
  });
});

/** Makes a container as far as locks are concerned: a table of processes of its own. Needs to be root. */
const unshare = ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child'] as const;
const canUnshare = isLinux && spawnSync(unshare[0], [...unshare.slice(1), 'true']).status === 0;

describe.skipIf(!canUnshare)('a lock of a process in another container', () => {
  it('counts while it lives, and not when it is dead', async () => {
    const file = await lockFile();
    const [command, ...options] = unshare;
    const { child, ended } = await run(command, [...options, process.execPath, holder, file]);
    await until(() => existsSync(`${file}.held`));
    await expect(whileLocked(file, 'work', async () => {}, quick)).rejects.toThrow(
      /^work: process \d+ in another container is already working on it/,
    );
    child.kill('SIGKILL');
    await ended;
    expect(await whileLocked(file, 'work', async () => 'done', quick)).toBe('done');
  });
});

describe.skipIf(!isLinux)('three processes that meet a stale lock', () => {
  it('get in one at a time', async () => {
    for (let round = 0; round < Number(process.env.FCN_ATTACK_ROUNDS ?? 2); round++) {
      const file = await lockFile();
      const first = await startHolder(file);
      await until(() => existsSync(`${file}.held`));
      first.child.kill('SIGKILL');
      await first.ended;
      await rm(`${file}.held`);
      const starters = await Promise.all([1, 2, 3].map(() => startHolder(file)));
      await until(() => existsSync(`${file}.held`));
      const refused: string[] = [];
      const all = starters.map(async ({ ended }) => {
        const { code, output } = await ended;
        if (code !== 0) refused.push(output);
      });
      await until(() => refused.length === 2);
      await writeFile(`${file}.done`, '');
      await Promise.all(all);
      expect(refused).toHaveLength(2);
      for (const line of refused) expect(line).toMatch(/^work: process \d+ is already working on it/);
      expect(existsSync(file)).toBe(false);
    }
  });
});
