import { inputError } from '../base/errors.ts';
import { RunFolder } from '../training/run-folder.ts';
import { stageHeads } from '../training/stage-models.ts';
import { StagedFolder } from '../training/staged-folder.ts';
import { printOutcome } from './finetune.ts';
import { prepareResume } from './resume.ts';
import { runTraining } from './run-training.ts';
import { trainInStages } from './stages.ts';
import { startTraining } from './start-training.ts';
import { argumentsOf, type TrainArguments } from './train-arguments.ts';

/** Begins a run, or one in stages, or goes on with the one that is there. @param isGiven whether an option was given rather than left to its default */
export async function trainAsAsked(given: TrainArguments, isGiven: (name: string) => boolean): Promise<void> {
  const run = new RunFolder(given.out);
  const staged = new StagedFolder(given.out);
  if (given.resume && !run.hasRun() && !staged.exists()) await checkStartable(run, staged, given.data);
  if (given.stages || staged.exists()) {
    await trainInStages(staged, given, isGiven);
  } else if (given.resume && run.hasRun()) {
    await run.whileLocked(async () => {
      const prepared = await prepareResume(run, argumentsOf(given), isGiven);
      const { log, leader } = given;
      const { finished } = await runTraining(run, prepared, prepared.config.model.model, { log, leader });
      if (finished && prepared.config.recipe === 'finetune') await printOutcome(run);
    });
  } else if (await run.hasBegun()) {
    throw inputError(
      `--out: got ${given.out}, which already holds a run, expected a new folder; add --resume to continue the run`,
    );
  } else {
    await run.checkFree(); // before all that takes time
    await startTraining(run, argumentsOf(given), isGiven);
  }
}

/**
 * `--resume` where there is no run starts one, if it is told of data, unless what is there belongs to a run.
 * @throws FcnError that says what is missing
 */
async function checkStartable(run: RunFolder, staged: StagedFolder, data: string | undefined): Promise<void> {
  if (await run.hasResults()) await run.readConfig(); // which is not there
  const stages = stageHeads.map((name) => staged.stage(name)).filter((stage) => stage.run.hasRun());
  const begun = await Promise.all(stages.map((stage) => stage.run.hasBegun()));
  if (begun.includes(true)) {
    const list = JSON.stringify({ command: 'fcn train', stages: stages.map(({ name }) => name) });
    throw inputError(
      `--resume: got ${staged.folder}, whose stages.json is missing, expected that of its stages; restore it from a copy, or ` +
        `write ${list} to it`,
    );
  }
  if (data) return;
  throw inputError(
    `--resume: got ${run.folder}, which has no run, expected the folder of one; check the name, or start a new run with --data`,
  );
}
