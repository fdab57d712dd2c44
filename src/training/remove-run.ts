import { existsSync } from 'node:fs';
import { readdir, rm, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { isTemporary } from '../base/temporary-files.ts';
import { besideCheckpoints } from './earlier-best.ts';
import { checkpointName, type RunFolder } from './run-folder.ts';

/** Names of the pictures in live/, and of what lists them. */
const liveName = /^(\d+-(image|truth|\d+)\.png|examples\.json|watched)$/;

/** Removes the files of a run by their names, and its folders where nothing else is in them. */
export async function removeRun(run: RunFolder): Promise<void> {
  const isCheckpoint = (name: string) => checkpointName.test(name) || besideCheckpoints.includes(name);
  await removeFrom(run.checkpoints, isCheckpoint);
  await removeFrom(run.live, (name) => liveName.test(name));
  const files = run.files.map((file) => path.basename(file));
  await removeFrom(run.folder, (name) => files.includes(name));
}

async function removeFrom(folder: string, isOurs: (name: string) => boolean): Promise<void> {
  if (!existsSync(folder)) return;
  for (const name of await readdir(folder))
    if (isOurs(name) || isTemporary(name)) await rm(path.join(folder, name), { force: true });
  await rmdir(folder).catch(() => undefined); // what else is in it stays
}
