import { inputError } from '../base/errors.ts';
import type { Tensor } from '../base/tensor.ts';
import { version } from '../base/version.ts';
import { checkLabelings } from '../data/datasets/check-classes.ts';
import type { Dataset } from '../data/datasets/dataset.ts';
import { type Data, nameOfData } from '../data/datasets/splits.ts';
import { type InputConfig, type InputPreset, inputPresets } from '../data/input-config.ts';
import { initializeParameter } from '../engine/parameters/initialize.ts';
import type { Plan } from '../engine/rewrites/plan.ts';
import type { Device } from '../engine/runtimes/session.ts';
import { planFor } from '../inference/tuned-plans.ts';
import { checkFrozen } from '../networks/learned-parameters.ts';
import type { ModelConfig } from '../networks/model-config.ts';
import type { ModelName } from '../networks/model-names.ts';
import type { Architecture } from '../networks/network.ts';
import { parametersOf } from '../networks/parameters.ts';
import { skipsOf } from '../networks/skips.ts';
import type { AddedChannels } from '../weights/adapt-first-layer.ts';
import type { ParameterFate } from '../weights/fates.ts';
import type { Assumptions } from '../weights/infer-config.ts';
import { type ChannelSettings, checkAugment, openChannels, streamsIn } from './channel-settings.ts';
import { headsFor } from './check-labelings.ts';
import { checkMemory, imageSizes } from './check-memory.ts';
import { ClassBalance } from './class-balance.ts';
import { digestOf } from './data-digest.ts';
import { checkSchedule, checkWarmup } from './learning-rate.ts';
import { inputFor, type MeasuredChannels, measureChannels } from './measure-channels.ts';
import { checkNormalization } from './normalization-settings.ts';
import { checkObjective } from './objective-settings.ts';
import { checkOptimizer } from './optimizer-settings.ts';
import { type Duration, type Recipe, type RecipeName, recipeFor, updatesIn } from './recipes.ts';
import type { RunConfig } from './run-config.ts';
import { aboutSharedImages } from './shared-images.ts';
import { trainedSize } from './trained-size.ts';
import { checkPatience } from './validator.ts';
import { fromFiles, type InitialFiles } from './weights-to-start.ts';

/** What the user decides about a run; the recipe decides the rest. */
export interface RunSettings extends ChannelSettings {
  readonly command: string;
  readonly data: Data;
  readonly trainSplit: string;
  readonly valSplit: string;
  readonly model: ModelName;
  readonly width: number;
  /** Weights file, or `none`. */
  readonly init: string;
  /** Preprocessing for random weights, and for files that do not state theirs. */
  readonly input?: InputPreset;
  /** Whether score layers take over the classes that the weights file has, too, where its classes are others. */
  readonly expandScores?: boolean | undefined;
  /** How channels start that the RGB network of the weights file does not have; default: `mean`. */
  readonly addedChannels?: AddedChannels | undefined;
  readonly recipe: RecipeName;
  readonly overrides: Partial<Recipe>;
  readonly order: RunConfig['order'];
  readonly seed: number;
  readonly threads: number;
  /** What computes; default: the CPU. */
  readonly device?: Device;
  /** What computes the network; default: what was measured for it on this machine, else the one that comes along. */
  readonly plan?: Plan | undefined;
  /** In iterations; default: an epoch. */
  readonly validateEvery?: number;
  /** Validations without a better mean IoU after which the run ends; default 0: it goes on. */
  readonly patience?: number;
  readonly checkpointEvery: number;
  /** Of recipe finetune: the minutes that its settings were chosen for. */
  readonly budget?: number;
  /** Processes that make the run together, each with the recipe's batches: an update has those of all. Default: 1. */
  readonly ranks?: number;
}

export interface PreparedRun {
  readonly config: RunConfig;
  readonly trainSet: Dataset;
  readonly valSet: Dataset | undefined;
  readonly weights: Map<string, Tensor<'float32'>>;
  /** What became of each parameter of the weights file; empty for random weights. */
  readonly fates: readonly ParameterFate[];
  /** What the user should know of the data, a line each. */
  readonly warnings?: readonly string[];
}

/** What the runs of one command share. */
export interface RunContext {
  /** Reads the labels where classes are to be balanced. */
  readonly balance?: ClassBalance;
  /** The networks of all stages: what is frozen has to be a layer of one of them, not of each. */
  readonly models?: readonly ModelName[];
  /** See Assumptions. */
  readonly onAssumed?: Assumptions['onAssumed'];
}

/** Opens the data and makes the first weights of a run. @throws FcnError when a setting or a file cannot be used. */
export async function prepareRun(settings: RunSettings, context: RunContext = {}): Promise<PreparedRun> {
  const { config, warnings: aboutMemory, measured, ...data } = await configureRun(settings, context);
  const warnings = [
    ...aboutMemory,
    ...(await checkLabelings(data.trainSet, 'train')),
    ...(data.valSet ? await checkLabelings(data.valSet, 'validate') : []),
    ...(data.valSet ? aboutSharedImages(data.trainSet, data.valSet) : []),
  ];
  const { input = config.model.input, ...first } = await initialWeights(config.model, settings, {
    ...context,
    measured,
  });
  return { config: { ...config, model: { ...config.model, input } }, ...data, ...first, warnings };
}

/**
 * Opens the data of a run and decides its settings, with the preprocessing of random weights.
 * @throws FcnError when a setting cannot be used, or the run cannot fit into memory.
 */
export async function configureRun(
  settings: RunSettings,
  { balance = new ClassBalance(), models = [settings.model] }: RunContext = {},
): Promise<
  Pick<PreparedRun, 'config' | 'trainSet' | 'valSet'> & {
    warnings: readonly string[];
    measured: MeasuredChannels | undefined;
  }
> {
  checkSchedule(settings.overrides); // a recipe has no steps of its own
  const { data, trainSplit, valSplit, init, order, seed, threads, checkpointEvery } = settings;
  const { device = 'cpu' } = settings;
  const ofEach: Recipe = { ...recipeFor(settings.recipe, settings.model), ...settings.overrides };
  const recipe = { ...ofEach, accumulate: ofEach.accumulate * (settings.ranks ?? 1) };
  checkOptimizer(settings.overrides, recipe);
  checkObjective(recipe);
  checkNormalization(settings.overrides, settings.model);
  const trainSet = await openChannels(data, trainSplit, settings);
  const iterations = iterationsOf(recipe.duration, trainSet, recipe);
  checkWarmup({ ...recipe, iterations });
  const validateEvery = settings.validateEvery ?? iterationsOf({ epochs: 1 }, trainSet, recipe);
  const { patience = 0 } = settings;
  checkPatience({ patience, validateEvery });
  const valSet = validateEvery > 0 ? await openChannels(data, valSplit, settings) : undefined;
  const measured = await measureChannels(trainSet);
  checkAugment(recipe.augment, measured);

  const {
    duration: _,
    background: __,
    fusion,
    deconvolution,
    augment,
    betas,
    classWeighting,
    frozen,
    ...rest
  } = recipe;
  // Random weights belong to no tool: inputs of unit variance suit the He-normal initialization.
  const preset = inputPresets[settings.input ?? 'torchvision'];
  const input = measured ? inputFor(preset, measured) : preset;
  const heads = headsFor(trainSet, valSet);
  const streams = streamsIn(trainSet);
  // FCN-32s as a stage before others has nothing to fuse.
  const fusionIn = (model: ModelName) =>
    fusion !== 'sum' && (skipsOf(model).length > 0 || models.length === 1) ? { fusion } : {};
  const architecture = {
    model: settings.model,
    numClasses: trainSet.classes.length,
    width: settings.width,
    deconvolution,
    ...(recipe.auxiliary > 0 && { auxiliary: true }),
    ...fusionIn(settings.model),
    ...(recipe.background === 'zero' && { background: 'zero' as const }),
    classes: [...trainSet.classes],
    ...(streams && { streams }),
    ...(heads && { heads }),
    input,
    ...(await trainedSize(recipe, trainSet)),
  };
  const ofAllStages = models.flatMap((model) =>
    parametersOf({ ...architecture, fusion: undefined, model, ...fusionIn(model) }),
  );
  checkFrozen(parametersOf(architecture), frozen, ofAllStages);
  const planned: RunConfig = {
    ...{ version, command: settings.command, data: nameOfData(data), trainSplit, valSplit },
    directory: process.cwd(),
    model: architecture,
    ...{ init, recipe: settings.recipe, iterations },
    ...(settings.expandScores && { expandScores: true }),
    ...(settings.addedChannels === 'zero' && { addedChannels: 'zero' as const }),
    ...rest,
    betas: [...betas],
    classWeights: null,
    frozen: [...frozen],
    dropoutOf: 'sample',
    augment: [...augment],
    ...{ order, seed, threads, device, validateEvery, patience, checkpointEvery },
    plan: settings.plan ?? planFor(architecture, 'training'),
    ...(settings.budget !== undefined && { budget: settings.budget }),
  };
  // What the memory of a graphics processor holds is not known before it is tried.
  const sizes = device === 'cpu' ? await imageSizes(planned, trainSet, valSet) : undefined;
  const warnings = sizes ? checkMemory(planned, sizes) : [];
  const config = {
    ...planned,
    dataDigests: await digestsOf(trainSet, valSet),
    classWeights: classWeighting === 'balanced' ? await balance.weightsFor(trainSet) : null,
  };
  return { config, trainSet, valSet, warnings, measured };
}

/** What tells later whether the data of a run are still the same. */
export async function digestsOf(trainSet: Dataset, valSet: Dataset | undefined) {
  return { train: await digestOf(trainSet), ...(valSet && { val: await digestOf(valSet) }) };
}

/** A duration in iterations: an epoch has as many as it takes to see every training image. */
export function iterationsOf(
  duration: Duration,
  trainSet: Dataset,
  batches: Pick<Recipe, 'batchSize' | 'accumulate'>,
): number {
  return updatesIn(duration, trainSet.ids.length, batches);
}

/**
 * The first weights of a run, and the preprocessing that belongs to them: random ones, or those of a file.
 * @throws FcnError when the file cannot be used, or brings its own preprocessing although `input` asks for one.
 */
export async function initialWeights(
  architecture: Architecture & Pick<ModelConfig, 'classes' | 'input'>,
  { init, seed, input, ...options }: InitialFiles,
  { onAssumed, measured }: Pick<RunContext, 'onAssumed'> & { measured?: MeasuredChannels | undefined } = {},
): Promise<Pick<PreparedRun, 'weights' | 'fates'> & { input: InputConfig | undefined }> {
  if (init === 'none') {
    const option = options.expandScores ? '--expand-scores' : options.addedChannels && '--added-channels';
    if (option) {
      throw inputError(
        `${option}: got it without --init, expected the weights of another network; give their file`,
      );
    }
    const parameters = parametersOf(architecture);
    const weights = new Map(
      parameters.map((parameter) => [parameter.name, initializeParameter(parameter, seed)]),
    );
    return { input: undefined, weights, fates: [] };
  }
  return fromFiles(architecture, { init, seed, input, ...options }, { onAssumed, measured });
}
