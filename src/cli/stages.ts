import { existsSync } from 'node:fs';
import { inputError } from '../base/errors.ts';
import { openDataset } from '../data/datasets/open.ts';
import type { Head } from '../networks/model-names.ts';
import { locateData } from '../training/locate-data.ts';
import type { PreparedRun, RunSettings } from '../training/prepare.ts';
import type { Leader } from '../training/ranks/leader.ts';
import { RunFolder } from '../training/run-folder.ts';
import { areInOrder, modelsOfStages, stageHeads } from '../training/stage-models.ts';
import type { Stage, StagedFolder } from '../training/staged-folder.ts';
import { writeRunReport } from '../viewing/report/run-report.ts';
import { formatFates } from '../weights/fates.ts';
import { commandLine } from './command-line.ts';
import { countingClasses } from './counting-classes.ts';
import { assumptionsOf, dataSpecs } from './options.ts';
import { prepareResume, resumedConfig } from './resume.ts';
import { runTraining } from './run-training.ts';
import { say } from './say.ts';
import {
  argumentsOf,
  overridesOf,
  type RunArguments,
  recipeOf,
  type TrainArguments,
} from './train-arguments.ts';
import { warn } from './warn.ts';

export interface FinishedStage extends Stage {
  /** The best; undefined when nothing was validated. */
  readonly meanIoU: number | undefined;
}

/** What was asked of a stage again on the command line, which it must have or be able to take. */
interface Asked {
  readonly given: Partial<RunArguments>;
  readonly isGiven: (option: string) => boolean;
}

/** `32s,16s,8s` or a part of it, in this order. @throws FcnError for anything else. */
export function parseStages(text: string): Head[] {
  const stages = text.split(',').map((name) => stageHeads.find((head) => head === `fcn${name}`));
  if (stages.every((head) => head !== undefined) && areInOrder(stages)) return stages;
  throw inputError(`--stages: got '${text}', expected some of 32s,16s,8s in this order`);
}

/** `fcn train --stages`, and `fcn train --resume` where such a training is. */
export async function trainInStages(
  staged: StagedFolder,
  given: TrainArguments,
  isGiven: (option: string) => boolean,
): Promise<void> {
  if (given.resume && staged.exists()) return resumeStages(staged, given, isGiven);
  if ((await staged.hasBegun()) || (await new RunFolder(given.out).hasBegun())) {
    throw inputError(
      `--out: got ${given.out}, which already holds a run, expected a new folder; add --resume to continue the run`,
    );
  }
  return startStages(staged, given);
}

/** The settings of each stage by its name, in the order of training. */
export function stagedSettings(given: TrainArguments): Map<Head, RunSettings> {
  const { data, model, stages } = given;
  if (!stages) throw inputError('--stages: got nothing, expected some of 32s,16s,8s');
  if (!data) throw inputError(`--data: got nothing, expected a ${dataSpecs}`);
  if (!model) throw inputError('--model: got nothing, expected the network of the last stage');
  const recipe = recipeOf(given);
  if (recipe === 'finetune') {
    throw inputError('--recipe: got finetune with --stages, expected another recipe; leave one of them out');
  }
  const settings = modelsOfStages(stages, model, '--stages').map((stageModel, i, { length }) => {
    const own = argumentsOf(given, i, length);
    const shared = { data, recipe, command: commandLine(), ranks: given.leader?.world.size ?? 1 };
    return [stages[i]!, { ...own, ...shared, model: stageModel, overrides: overridesOf(own) }] as const;
  });
  return new Map(settings);
}

async function startStages(staged: StagedFolder, given: TrainArguments): Promise<void> {
  const settings = stagedSettings(given);
  await staged.checkFree([...settings.keys()]); // before all that takes time
  const prepared = await staged.prepare(settings, countingClasses(), assumptionsOf(given).onAssumed);
  warn([...prepared.warnings].flatMap(([name, lines]) => lines.map((line) => `${name}: ${line}`)));
  await staged.begin(prepared, () => runStages(staged, { ...prepared, leader: given.leader }));
}

async function resumeStages(
  staged: StagedFolder,
  given: TrainArguments,
  isGiven: (option: string) => boolean,
): Promise<void> {
  const names = (await staged.stages()).map(({ name }) => name as Head);
  if (given.stages && given.stages.join() !== names.join()) {
    throw inputError(
      `--resume: got stages ${given.stages.join(', ')}, expected ${names.join(', ')} as in ${staged.folder}`,
    );
  }
  const models = given.model && modelsOfStages(names, given.model, '--stages');
  const asked = (stage: number): Asked => ({
    given: { ...argumentsOf(given, stage, names.length), ...(models && { model: models[stage]! }) },
    // Stages behind the first start from the one before.
    isGiven: (option) => isGiven(option) && (option !== 'init' || stage === 0),
  });
  await staged.whileLocked(() => runStages(staged, { asked, leader: given.leader }));
}

/**
 * Trains the stages that are not finished, one after the other, and reports on all of them.
 * @param first what the first stage starts with, when it is new
 * @param leader this process, where it leads others
 * @returns undefined when it was stopped by Ctrl-C, which is then said
 */
export async function runStages(
  staged: StagedFolder,
  {
    first,
    asked,
    leader,
  }: { first?: PreparedRun; asked?: (stage: number) => Asked; leader?: Leader | undefined } = {},
): Promise<FinishedStage[] | undefined> {
  const stages = await staged.stages();
  const begun = await Promise.all(stages.map(({ run }) => run.hasBegun()));
  const trained: FinishedStage[] = [];
  let stopped = false;
  for (const [i, { name, run }] of stages.entries()) {
    const { given = {}, isGiven = () => false } = asked?.(i) ?? {};
    const { config, stored } = await resumedConfig(run, given, isGiven);
    if (config.iterations !== stored.iterations && begun[i + 1]) {
      throw inputError(
        `--resume: got ${config.iterations} iterations of ${name}, expected ${stored.iterations}: ${stages[i + 1]!.name} ` +
          'has started from it; keep that number, or start a new run in another folder',
      );
    }
    const summary = await run.readSummary();
    const isFinished =
      summary?.iterations === config.iterations || (summary?.outOfPatience && begun[i + 1] === true);
    // The report comes last. Where a kill came before it, the stage is begun once more: that changes nothing else.
    if (isFinished && existsSync(run.report) && !existsSync(run.lockFile)) {
      trained.push({ name, run, meanIoU: summary.best?.meanIoU });
      continue;
    }
    // The folder may have moved since.
    const before = stages[i - 1];
    if (before && !begun[i]) await run.writeConfig({ ...stored, init: before.run.best });
    const result = await run.whileLocked(async () => {
      const prepared = (i === 0 && first) || (await prepareResume(run, given, isGiven));
      if (prepared.fates.length > 0) say(formatFates(prepared.fates));
      return runTraining(run, prepared, name, { resumable: staged.folder, log: given.log, leader });
    });
    trained.push({ name, run, meanIoU: result.best?.meanIoU });
    stopped = !result.finished;
    if (stopped) break;
  }
  const { run } = trained.at(-1)!;
  const config = await run.readConfig();
  const valSet =
    config.validateEvery > 0 ? await openDataset(locateData(config), config.valSplit) : undefined;
  await writeRunReport(trained, staged.report, valSet);
  return stopped ? undefined : trained;
}
