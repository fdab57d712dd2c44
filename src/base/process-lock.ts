import { rmSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { failure } from './errors.ts';
import { diskFailure } from './files.ts';

/**
 * Does work that only one process may do at a time. The file says who does it; one that a killed process has left does
 * not count.
 * @throws FcnError (exit code 1) when another process is doing it, or the file cannot be written.
 */
export async function whileLocked<T>(file: string, what: string, work: () => Promise<T>): Promise<T> {
  await lock(file, what);
  held.add(file);
  const unlockOnExit = () => rmSync(file, { force: true });
  process.on('exit', unlockOnExit); // Ctrl-C
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
    held.delete(file);
    process.off('exit', unlockOnExit);
  }
}

/** Files that this process has locked. */
const held = new Set<string>();

async function lock(file: string, what: string): Promise<void> {
  for (const lastTry of [false, true]) {
    try {
      return await writeFile(file, `${process.pid}`, { flag: 'wx' });
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST')
        throw diskFailure(`cannot write ${file}`, thrown);
    }
    const owner = Number(await readFile(file, 'utf8').catch(() => '')); // gone: its owner has ended
    // A container that starts again gives its processes the numbers of those that were killed in it: ours is not another.
    const isOther = owner !== process.pid || held.has(file);
    if (lastTry || (isOther && isRunning(owner))) {
      throw failure(
        `${what}: process ${owner} is at it already; wait for it, or remove ${file} if there is none`,
      );
    }
    await rm(file, { force: true });
  }
}

/** What is known of a process that locks this file: it works, or it died without unlocking, or there is none. */
export async function lockOwner(file: string): Promise<'working' | 'dead' | 'none'> {
  const text = await readFile(file, 'utf8').catch(() => undefined); // there is no lock
  if (text === undefined) return 'none';
  const owner = Number(text);
  const works = owner === process.pid ? held.has(file) : isRunning(owner);
  return works ? 'working' : 'dead';
}

export function isRunning(pid: number): boolean {
  try {
    return Number.isInteger(pid) && pid > 0 && process.kill(pid, 0);
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EPERM';
  }
}
