import * as z from 'zod';
import { inputError } from '../base/errors.ts';
import { nameOfData } from '../data/datasets/splits.ts';
import { deviceOf } from '../engine/devices/native-devices.ts';
import type { Device } from '../engine/runtimes/session.ts';
import { type Head, type ModelName, partsOf } from '../networks/model-names.ts';
import { inDefaultFolder } from '../training/default-folder.ts';
import type { PreparedRun, RunSettings } from '../training/prepare.ts';
import type { Recipe, RecipeName } from '../training/recipes.ts';
import { RunFolder } from '../training/run-folder.ts';
import { areInOrder, modelsOfStages, stageHeads } from '../training/stage-models.ts';
import { StagedFolder } from '../training/staged-folder.ts';
import { writeRunReport } from '../viewing/report/run-report.ts';
import { prepareToContinue } from './continue-run.ts';
import { checkSettings } from './settings/check-settings.ts';
import { recipeOf, recipeSchema, trainSchema } from './settings/train-schema.ts';
import { type TrainedNetwork, type TrainSettings, trainIn } from './train-network.ts';

/** What a training in stages may be told: what any training may be, the network, and what differs between the stages. */
export interface StageSettings extends Omit<TrainSettings, 'model' | 'budget' | 'onChoices' | 'recipe'> {
  /** The network of the last stage. */
  readonly model: ModelName;
  /** Some of `fcn32s`, `fcn16s` and `fcn8s`, in this order. Default: all up to that of `model`. */
  readonly stages?: readonly Head[];
  /** Default: `classic`. */
  readonly recipe?: Exclude<RecipeName, 'finetune'>;
  /** Values of the recipe that one stage has to itself. */
  readonly ofStage?: Partial<Record<Head, Partial<Recipe>>>;
}

/** One stage, and how it ended. */
export interface TrainedStage extends TrainedNetwork {
  readonly name: string;
}

const head = z.enum(stageHeads);
const { budget: _, onChoices: __, model: ___, recipe: ____, ...shared } = trainSchema.shape;
const stagesSchema = z.strictObject({
  ...shared,
  model: trainSchema.shape.model.unwrap(),
  stages: z
    .array(head)
    .min(1)
    .refine(areInOrder, { error: 'expected some of fcn32s, fcn16s and fcn8s in this order' })
    .optional(),
  recipe: z.enum(['classic', 'paper2015', 'heavy']).default('classic'),
  ofStage: z.partialRecord(head, recipeSchema).default({}),
});
type Checked = z.infer<typeof stagesSchema>;

const caller = 'trainInStages';

/**
 * Trains networks one after the other, each from the best weights of the one before, as `fcn train --stages` does. With
 * `resume`, stages that have ended are left as they are.
 * @returns the stages that were trained: all, unless `signal` ended the work
 * @throws FcnError when a setting, the data or the weights cannot be used.
 */
export async function trainInStages(settings: StageSettings): Promise<TrainedStage[]> {
  const checked = checkSettings(stagesSchema, settings, caller);
  const { data, out, resume } = checked;
  if (resume && out === undefined) {
    throw inputError(
      `${caller}: out: got nothing with resume, expected the folder of the stages to continue`,
    );
  }
  const begin = (folder: string) => trainAt(new StagedFolder(folder), checked);
  return out === undefined ? inDefaultFolder(nameOfData(data), begin) : begin(out);
}

async function trainAt(staged: StagedFolder, checked: Checked): Promise<TrainedStage[]> {
  const { resume } = checked;
  if (resume && staged.exists()) return staged.whileLocked(() => trainAll(staged, checked));
  if ((await staged.hasBegun()) || (await new RunFolder(staged.folder).hasBegun())) {
    throw inputError(
      `${caller}: out: got ${staged.folder}, which already holds a run, expected a new folder; set resume to continue it`,
    );
  }
  const { device } = await deviceOf(checked.device, checked.threads, checked.onWarning);
  const settingsOfStages = runSettings(checked, device);
  await staged.checkFree([...settingsOfStages.keys()]); // before all that takes time
  const prepared = await staged.prepare(settingsOfStages);
  for (const [name, lines] of prepared.warnings) {
    for (const line of lines) checked.onWarning?.(`${name}: ${line}`);
  }
  return staged.begin(prepared, () => trainAll(staged, checked, prepared.first));
}

/** The settings of each stage by its name, in the order of training. */
function runSettings(checked: Checked, device: Device): Map<Head, RunSettings> {
  const { model, stages = stagesUpTo(model), ofStage } = checked;
  const { data, input, channels, streams, recipe, order, seed, threads, checkpointEvery } = checked;
  const { width = 1, init = 'none', trainSplit = 'train', valSplit = 'val' } = checked;
  const { validateEvery, patience } = checked;
  const same = {
    ...{ command: caller, data, device, width, init, trainSplit, valSplit, validateEvery, patience },
    ...{ input, channels, streams, recipe, order, seed, threads, checkpointEvery },
  };
  const models = modelsOfStages(stages, model, `${caller}: stages`);
  return new Map(
    stages.map((name, i) => {
      const overrides = { ...recipeOf(checked), ...recipeOf(ofStage[name as keyof typeof ofStage] ?? {}) };
      return [name, { ...same, model: models[i]!, overrides }];
    }),
  );
}

function stagesUpTo(model: ModelName): Head[] {
  const { head: last } = partsOf(model);
  const place = (stageHeads as readonly Head[]).indexOf(last);
  return place < 0 ? [last] : stageHeads.slice(0, place + 1);
}

/** Trains the stages that have not ended, one after the other, and reports on all of them. */
async function trainAll(
  staged: StagedFolder,
  checked: Checked,
  first?: PreparedRun,
): Promise<TrainedStage[]> {
  const stages = await staged.stages();
  const trained: TrainedStage[] = [];
  let valSet: PreparedRun['valSet'];
  for (const [i, { name, run }] of stages.entries()) {
    const before = stages[i - 1];
    // The folder may have moved since.
    if (before && !(await run.hasBegun())) {
      await run.writeConfig({ ...(await run.readConfig()), init: before.run.best });
    }
    const result = await run.whileLocked(async () => {
      const prepared = (i === 0 && first) || (await prepareToContinue(run, checked.data, caller));
      valSet = prepared.valSet;
      return trainIn(run, prepared, checked);
    });
    trained.push({ name, ...result });
    if (!result.finished) break;
  }
  if (checked.report)
    await writeRunReport(
      trained.map(({ name, folder }) => ({ name, run: folder })),
      staged.report,
      valSet,
    );
  return trained;
}
