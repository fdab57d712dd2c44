import { createHash } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { isRunning, newOwner, type Owner, stateOf } from './locks/owner.ts';

/**
 * Names of what is being written, beside what it will be: NAME.fcn-PID-STARTED-PROCESSES-NUMBER.tmp. They tell whose it is, so
 * that what a killed process has left can be told from what a live one is writing, and from files of others.
 */
const form = /^.+\.fcn-(\d+)-(\w+)-([0-9a-f]{8})-\d+\.tmp$/;
/** As version 0.1.0 names them: NAME.PID.tmp. */
const earlierForm = /^(.+)\.(\d+)\.tmp$/;

/** Milliseconds in which a process that cannot be seen from here, of another host or container, writes something. */
const quietForDead = 24 * 3600 * 1000;

let count = 0;
let own: { readonly owner: Owner; readonly tag: string } | undefined;

/** Bytes of a name in a folder that file systems take. */
export const longestName = 255;

/** A name that no other file has, for what will be `file`: with as much of that name as fits. */
export function temporaryName(file: string): string {
  own ??= identify();
  const ending = `.fcn-${own.tag}-${count++}.tmp`;
  const name = path.basename(file);
  const folder = file.slice(0, file.length - name.length); // as it is written: a link before `..` leads elsewhere
  return folder + beginningOf(name, longestName - ending.length) + ending;
}

/** The first characters of a text, as many as fit into so many bytes. */
function beginningOf(text: string, bytes: number): string {
  let left = bytes;
  return [...text].filter((character) => (left -= Buffer.byteLength(character)) >= 0).join('');
}

/** Whether a name is one of these. */
export function isTemporary(name: string): boolean {
  return form.test(name);
}

/**
 * Removes from a folder what processes were writing there that are no longer alive, and nothing else. Folders are removed
 * with what is in them.
 * @param isNamed of which files the ones of version 0.1.0 are to be removed as well, whose names say less
 */
export async function removeAbandoned(
  folder: string,
  isNamed: (name: string) => boolean = () => false,
): Promise<void> {
  for (const name of await readdir(folder)) {
    const file = path.join(folder, name);
    if (await isAbandoned(file, isNamed)) await rm(file, { recursive: true, force: true });
  }
}

async function isAbandoned(file: string, isNamed: (name: string) => boolean): Promise<boolean> {
  const name = path.basename(file);
  const [, pid, started, processes] = form.exec(name) ?? [];
  if (pid === undefined) {
    const [, written = '', writer] = earlierForm.exec(name) ?? [];
    return isNamed(written) && !isRunning(Number(writer));
  }
  own ??= identify();
  if (processes !== own.tag.split('-')[2]) return Date.now() - (await timeOf(file)) > quietForDead;
  const owner = { ...own.owner, pid: Number(pid), started: started! };
  const state = stateOf(owner);
  return state === 'dead' || (state === 'unknown' && !isRunning(owner.pid));
}

/** When it was last written to; now where it is gone. */
async function timeOf(file: string): Promise<number> {
  return stat(file).then(
    ({ mtimeMs }) => mtimeMs,
    () => Date.now(),
  );
}

function identify() {
  const owner = newOwner();
  const processes = createHash('sha256')
    .update(`${hostname()} ${owner.processes ?? ''}`)
    .digest('hex');
  return { owner, tag: `${owner.pid}-${owner.started ?? 0}-${processes.slice(0, 8)}` };
}
