import { inputError } from '../base/errors.ts';
import type { InputPreset } from '../data/input-config.ts';
import type { Augmentation } from '../data/transforms/augment.ts';
import type { Plan } from '../engine/rewrites/plan.ts';
import type { Device } from '../engine/runtimes/session.ts';
import type { Size } from '../inference/predict/segmenter.ts';
import type { ModelConfig } from '../networks/model-config.ts';
import type { Head, ModelName } from '../networks/model-names.ts';
import type { Leader } from '../training/ranks/leader.ts';
import type { Recipe, RecipeName } from '../training/recipes.ts';
import type { RunConfig } from '../training/run-config.ts';
import type { AddedChannels } from '../weights/adapt-first-layer.ts';
import type { Log } from './run-training.ts';

/** Options that may have a value for each stage. */
const perStage = ['learningRate', 'iterations', 'epochs'] as const;
type PerStage = (typeof perStage)[number];

/** The options of `fcn train` as commander hands them over. */
export type TrainArguments = Omit<RunArguments, PerStage> & {
  stages?: Head[];
} & { [K in PerStage]?: number[] };

/** Those of one run. */
export interface RunArguments {
  out: string;
  resume?: true;
  changedData?: true;
  force?: true;
  data?: string;
  model?: ModelName;
  init: string;
  recipe?: RecipeName;
  budget?: number;
  width: number;
  input?: InputPreset;
  channels?: number;
  streams?: ModelConfig['streams'];
  iterations?: number;
  epochs?: number;
  batchSize?: number;
  accumulate?: number;
  learningRate?: number;
  schedule?: Recipe['schedule'];
  stepEvery?: number;
  stepFactor?: number;
  warmup?: number;
  optimizer?: Recipe['optimizer'];
  momentum?: number;
  nesterov?: true;
  betas?: Recipe['betas'];
  weightDecay?: number;
  clip?: number;
  loss?: Recipe['loss'];
  objective?: Recipe['objective'];
  hardPixels?: number;
  classWeights?: Recipe['classWeighting'];
  freeze?: string[];
  headRate?: number;
  ema?: number;
  deconvolution?: Recipe['deconvolution'];
  dropout?: number;
  normalization?: Recipe['normalization'];
  background?: Recipe['background'];
  fusion?: Recipe['fusion'];
  lossShare?: number;
  expandScores?: true;
  addedChannels?: AddedChannels;
  auxiliary?: number;
  crop?: Size;
  resize?: Size;
  nativeSize?: true;
  valSize?: Size | 'native';
  augment?: Augmentation[];
  order: RunConfig['order'];
  seed: number;
  threads: number;
  device: Device;
  plan?: Plan;
  trainSplit: string;
  valSplit: string;
  validateEvery?: number;
  patience?: number;
  checkpointEvery: number;
  log?: Log;
  watch?: true;
  port?: number;
  dryRun?: true;
  json?: string;
  /** This process, where it leads others. */
  leader?: Leader;
}

/** @throws FcnError for options that mean nothing without others */
export function checkTogether({
  out,
  resume,
  changedData,
  force,
  dryRun,
}: Partial<Pick<RunArguments, 'out' | 'resume' | 'changedData' | 'force' | 'dryRun'>>): void {
  if (resume && !out) {
    throw inputError('--out: got nothing with --resume, expected the folder of the run to continue');
  }
  if (changedData && !resume) {
    throw inputError('--changed-data: got it without --resume, expected both or neither');
  }
  if (force && !resume && !dryRun) {
    throw inputError(
      '--force: got it without --resume or --dry-run, expected one of them; a new run replaces no files, so leave it out',
    );
  }
}

/** The options of one stage of several, or of the only run. @throws FcnError for lists of any other length. */
export function argumentsOf(given: TrainArguments, stage = 0, stages = 1): RunArguments {
  const { stages: _, learningRate, iterations, epochs, ...shared } = given;
  const lists = { '--learning-rate': learningRate, '--iterations': iterations, '--epochs': epochs };
  for (const [option, values] of Object.entries(lists)) {
    if (!values || values.length === 1 || values.length === stages) continue;
    const expected = stages === 1 ? 'one' : `one, or one for each of the ${stages} stages`;
    throw inputError(`${option}: got ${values.length} values, expected ${expected}`);
  }
  const own = perStage.map((name) => [name, given[name]?.[given[name].length === 1 ? 0 : stage]]);
  return { ...shared, ...Object.fromEntries(own) };
}

/** The recipe that is meant where none is named: `finetune` chooses the network as well. */
export function recipeOf({
  recipe,
  model,
  stages,
}: Partial<Pick<TrainArguments, 'recipe' | 'model' | 'stages'>>): RecipeName {
  return recipe ?? (model || stages ? 'classic' : 'finetune');
}

/** Options that are values of the recipe as they are. */
const sameInRecipe = [
  ...(['batchSize', 'accumulate', 'learningRate', 'schedule', 'momentum', 'weightDecay', 'loss'] as const),
  ...(['warmup', 'optimizer', 'nesterov', 'betas', 'clip', 'objective', 'hardPixels'] as const),
  ...(['stepEvery', 'stepFactor', 'headRate', 'ema', 'deconvolution', 'dropout', 'augment'] as const),
  ...(['normalization', 'auxiliary', 'background', 'fusion', 'lossShare'] as const),
] satisfies (keyof RunArguments & keyof Recipe)[];

/** The values of the recipe that options override. */
export function overridesOf(given: Partial<RunArguments>): Partial<Recipe> {
  const { crop, resize, nativeSize, valSize, iterations, epochs, classWeights, freeze } = given;
  const atMostOne = (options: Record<string, unknown>) => {
    const names = Object.keys(options).filter((name) => options[name] !== undefined);
    if (names.length > 1) throw inputError(`${names.join(' and ')}: got both, expected one of them`);
  };
  atMostOne({ '--crop': crop, '--native-size': nativeSize });
  atMostOne({ '--resize': resize, '--native-size': nativeSize });
  atMostOne({ '--iterations': iterations, '--epochs': epochs });
  atMostOne({ '--native-size': nativeSize, '--val-size': valSize });

  const native = { mode: 'native' } as const;
  const overrides: Partial<Recipe> = {
    ...Object.fromEntries(sameInRecipe.map((name) => [name, given[name]])),
    ...(classWeights && { classWeighting: classWeights }),
    ...(freeze && { frozen: freeze }),
    ...(iterations !== undefined && { duration: { iterations } }),
    ...(epochs !== undefined && { duration: { epochs } }),
    ...(resize && {
      trainSize: { mode: 'resize', ...resize } as const,
      valSize: { mode: 'resize', ...resize } as const,
    }),
    ...(crop && { trainSize: { mode: 'crop', ...crop, ...(resize && { of: resize }) } as const }),
    ...(nativeSize && { trainSize: native, valSize: native }),
    ...(valSize && { valSize: valSize === 'native' ? native : ({ mode: 'resize', ...valSize } as const) }),
  };
  return Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined));
}
