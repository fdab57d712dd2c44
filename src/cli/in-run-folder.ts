import { inShell } from '../base/shell.ts';
import { defaultFolder, inDefaultFolder } from '../training/default-folder.ts';
import { RunFolder } from '../training/run-folder.ts';
import { StagedFolder } from '../training/staged-folder.ts';
import { watchPreparation } from './interruption.ts';
import type { TrainArguments } from './train-arguments.ts';

/** Which folder a training is asked to work in; none: a new one of its own. */
type Asked = Partial<Pick<TrainArguments, 'out' | 'data' | 'resume'>>;

/** Trains in the folder that is asked for, and says what is there when a signal ends that before it has begun. */
export async function inRunFolder(
  { out, data, resume }: Asked,
  train: (out: string) => Promise<void>,
): Promise<void> {
  const trainIn = (folder: string) => {
    const isThere = resume && (new RunFolder(folder).hasRun() || new StagedFolder(folder).exists());
    const left = isThere
      ? `continue with fcn train --resume --out ${inShell(folder)}`
      : 'nothing was left behind';
    const endWatch = watchPreparation(`stopped before the first iteration; ${left}`);
    return train(folder).finally(endWatch);
  };
  if (out !== undefined) return trainIn(out);
  // Without data there is no run, and no folder for one.
  return data ? inDefaultFolder(data, trainIn) : trainIn(defaultFolder(''));
}
