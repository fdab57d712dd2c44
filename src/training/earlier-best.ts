import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import path from 'node:path';
import { removeFile, writeFileAtomic } from '../base/files.ts';
import type { RunFolder } from './run-folder.ts';

/**
 * The validation that a run makes because it ends would not be there if the run were longer. What it replaces as the
 * best is set aside, so that a run that is made longer goes on with the best that it had without it.
 */
export async function setBestAside(run: RunFolder): Promise<void> {
  for (const [file, aside] of files(run)) if (existsSync(file)) await rename(file, aside);
}

/** As `setBestAside`, when nothing was validated before. */
export async function noteNoBest(run: RunFolder): Promise<void> {
  await writeFileAtomic(noBest(run), ['']);
}

/**
 * Undoes what the validation at the end has done to the best, if anything. Interrupted and repeated, it does the same.
 * @returns whether there was something to undo
 */
export async function restoreBest(run: RunFolder): Promise<boolean> {
  const hadNone = existsSync(noBest(run));
  const restorable = hadNone || files(run).some(([, aside]) => existsSync(aside));
  for (const [file, aside] of files(run)) {
    if (existsSync(aside)) await rename(aside, file);
    else if (hadNone) await removeFile(file);
  }
  await removeFile(noBest(run));
  return restorable;
}

/** Names of what lies in checkpoints/ for this. */
export const besideCheckpoints = ['best.safetensors', 'best.json', 'no-best'];

function files(run: RunFolder): [file: string, aside: string][] {
  return [run.best, run.bestMetrics].map((file) => [file, path.join(run.checkpoints, path.basename(file))]);
}

function noBest(run: RunFolder): string {
  return path.join(run.checkpoints, 'no-best');
}
