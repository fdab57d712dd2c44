import path from 'node:path';
import { inputError } from '../../base/errors.ts';
import { RunFolder } from '../../training/run-folder.ts';
import { StagedFolder } from '../../training/staged-folder.ts';
import type { RunSource } from './run-data.ts';

/** What a report of several runs is made from, under names that tell them apart. @throws FcnError when a folder holds no run. */
export async function runSources(folders: readonly string[]): Promise<RunSource[]> {
  const names = namesOf(folders);
  const sources: RunSource[] = [];
  for (const [i, folder] of folders.entries()) {
    sources.push({ name: names[i]!, stages: await stagesOf(folder) });
  }
  return sources;
}

/** Of a folder of stages those that have begun. @throws FcnError when there is no run. */
async function stagesOf(folder: string): Promise<RunSource['stages']> {
  const staged = new StagedFolder(folder);
  if (staged.exists()) {
    const stages = await staged.stages();
    const begun = await Promise.all(stages.map(({ run }) => run.hasBegun()));
    return stages.filter((_, i) => i === 0 || begun[i]);
  }
  const run = new RunFolder(folder);
  if (!run.hasRun()) {
    throw inputError(
      `${folder}: got no config.json or stages.json in it, expected the folder of a run; give one that fcn train made with --out`,
    );
  }
  return [{ name: (await run.readConfig()).model.model, run }];
}

/** The last part of each path that tells it from the others; the path where none does. */
function namesOf(folders: readonly string[]): string[] {
  const short = folders.map((folder) => path.basename(path.resolve(folder)));
  return folders.map((folder, i) => {
    if (short.filter((name) => name === short[i]).length === 1) return short[i]!;
    if (folders.filter((other) => path.resolve(other) === path.resolve(folder)).length === 1) return folder;
    throw inputError(`${folder}: got it twice, expected different runs`);
  });
}
