import { checkClasses } from '../data/datasets/check-classes.ts';
import type { Dataset } from '../data/datasets/dataset.ts';
import { namesOfSplits } from '../data/datasets/splits.ts';
import { type ModelName, partsOf } from '../networks/model-names.ts';
import { builtinName } from '../weights/builtin.ts';
import { openChannels } from './channel-settings.ts';
import { checkMemory } from './check-memory.ts';
import { type Asked, type Choice, chooseNetwork, chooseRecipe, type FinetuneFacts } from './finetune.ts';
import { firstWeights, sampleOf } from './finetune-facts.ts';
import { chooseFrozen } from './finetune-frozen.ts';
import { chooseSize, isLimitedByTime } from './finetune-size.ts';
import { chooseSplits } from './finetune-splits.ts';
import { chooseLength } from './finetune-time.ts';
import { measureLoadings, measureUpdate, measureValidation } from './measure-speed.ts';
import { configureRun, type RunSettings } from './prepare.ts';
import { type Recipe, recipeFor } from './recipes.ts';
import type { RunConfig } from './run-config.ts';

/** What the user decides about a run of recipe finetune; what is left out is chosen. */
export type FinetuneSettings = Omit<
  RunSettings,
  'recipe' | 'model' | 'width' | 'init' | 'trainSplit' | 'valSplit'
> & {
  readonly model?: ModelName;
  readonly width?: number;
  readonly init?: string;
  /** Default: train and val, or what serves in their place where they are missing. */
  readonly trainSplit?: string;
  readonly valSplit?: string;
  /** Minutes that the run may take, validations included. */
  readonly budget: number;
};

/** Minutes to plan with where none are named: with what comes before and after, and other programs beside it, five. */
export const usualBudget = 4;

/** In pixels: by how much a size has to be larger to be worth another measurement. */
const muchLarger = 1.25;

/** The square whose pixels an image has when the first updates are measured. */
const trialLength = 128;

/**
 * Looks at the data, measures the machine, and chooses what the user has left open: settings as any run has them.
 * @throws FcnError when the data or the weights cannot be used.
 */
export async function finetuneSettings(
  settings: FinetuneSettings,
): Promise<{ settings: RunSettings; choices: readonly Choice[] }> {
  const { overrides, validateEvery, data, threads, budget, ranks = 1 } = settings;
  const splits = chooseSplits(await namesOfSplits(data), settings);
  const { trainSplit, valSplit } = splits.values;
  const open = (split: string) => openChannels(data, split, settings);
  const trainSet = await open(trainSplit);
  const valSet = validateEvery === 0 ? undefined : await open(valSplit);
  await checkClasses(trainSet, 'train'); // before time is spent on data of which nothing can be learned
  const init = settings.init ?? usualInit(settings);
  const first = await firstWeights({ init, input: settings.input });
  const { model: askedModel, width: askedWidth } = settings;
  const asked: Asked = {
    overrides,
    ...(askedModel && { model: askedModel }),
    ...(askedWidth !== undefined && { width: askedWidth }),
    ...(validateEvery !== undefined && { validateEvery }),
  };
  const network = chooseNetwork({ first }, asked);
  checkAsked(network.values, overrides, trainSet); // before an image is read

  const sample = await sampleOf(trainSet);
  const facts: FinetuneFacts = {
    images: trainSet.ids.length,
    validationImages: valSet?.ids.length ?? 0,
    sample,
    first,
    isOfColors: trainSet.channels === undefined,
    threads,
    ranks,
    budgetSeconds: 60 * budget,
  };
  const untimed = chooseRecipe(facts, asked, network.values.model);
  const chosen: RunSettings = { ...settings, ...network.values, ...splits.values, init, recipe: 'finetune' };
  const withRecipe = (recipe: Partial<Recipe>) => ({
    ...chosen,
    overrides: { ...untimed.values, ...recipe, ...overrides },
  });

  // Whether classes are balanced makes no difference to the time, but reading all labels would.
  const trialRecipe = {
    ...withRecipe({}).overrides,
    classWeighting: 'none',
    duration: { iterations: 1000 },
  } as const;
  const trial = await configureRun({ ...chosen, overrides: { ...trialRecipe, warmup: 0 }, validateEvery: 0 });
  const { size, frozen, secondsPerUpdate } = await chooseTimed(facts, asked, network.values.model, (recipe) =>
    // What a rank does of an update takes as long as the whole does.
    measureUpdate({ ...trial.config, ...recipe, accumulate: trial.config.accumulate / ranks }, trainSet),
  );
  const config = { ...trial.config, ...size.values };
  const secondsPerValidation = valSet ? (await measureValidation(config, valSet)) / ranks : 0;
  const recipe = { ...recipeFor('finetune', network.values.model), ...untimed.values, ...overrides };
  const accumulate = recipe.accumulate * ranks;
  const loading = (await measureLoadings(config, trainSet, valSet)) / ranks;
  const budgetSeconds = Math.max(facts.budgetSeconds - loading, facts.budgetSeconds / 2);
  const length = chooseLength(
    { ...facts, budgetSeconds },
    asked,
    { ...recipe, accumulate },
    { secondsPerUpdate, secondsPerValidation },
  );
  return {
    settings: {
      ...withRecipe({ ...size.values, ...frozen.values, ...length.values.recipe }),
      validateEvery: length.values.validateEvery,
    },
    choices: [splits, network, size, frozen, untimed, length].flatMap(({ choices }) => choices),
  };
}

/** The built-in network, where what is asked for can start from it; else random weights. */
function usualInit({ model, width = 1, input = 'tensorflow' }: FinetuneSettings): string {
  const hasBackbone = model === undefined || partsOf(model).backbone === 'mobilenetv2';
  return hasBackbone && width === 1 && input === 'tensorflow' ? builtinName : 'none';
}

/** The size of images where it is still to be chosen: none is smaller. */
const leastSize = { height: 32, width: 32 };

/** @throws FcnError where the run cannot fit into memory, whatever is chosen */
function checkAsked(
  network: { model: ModelName; width: number },
  overrides: Partial<Recipe>,
  { classes }: Dataset,
) {
  const recipe = { ...recipeFor('finetune', network.model), ...overrides };
  const { trainSize, valSize, deconvolution } = recipe;
  const asked = (size: typeof trainSize | typeof valSize) => (size.mode === 'native' ? leastSize : size);
  const model = { ...network, numClasses: classes.length, deconvolution, classes: [...classes] };
  const demand = { ...recipe, model, frozen: [...recipe.frozen], validateEvery: 1 };
  checkMemory(demand, { training: asked(trainSize), validation: asked(valSize) });
}

/**
 * Chooses the size by the time that an update takes at a small one, and which layers are frozen because that is long. It says too
 * much of large sizes where the network pads its input: while the size that was chosen leaves room, a larger one is tried.
 */
async function chooseTimed(
  facts: FinetuneFacts,
  asked: Asked,
  model: ModelName,
  secondsOf: (recipe: Partial<Pick<RunConfig, 'trainSize' | 'valSize' | 'frozen'>>) => Promise<number>,
) {
  const pixelsOf = ({ trainSize }: Pick<Partial<Recipe>, 'trainSize'>) => {
    const { height, width } = trainSize && trainSize.mode !== 'native' ? trainSize : facts.sample;
    return height * width;
  };
  const isAsked = asked.overrides.trainSize !== undefined;
  const small = { trainSize: trialSize(facts.sample) };
  const atSmall = async (recipe: Partial<Pick<RunConfig, 'frozen'>>) =>
    (1e6 * (await secondsOf({ ...small, ...recipe }))) / pixelsOf(small);
  const trial = isAsked ? 0 : await atSmall({});
  let size = chooseSize(facts, asked, model, trial);
  const frozen = chooseFrozen(facts, asked, model, isLimitedByTime(facts, size.values, trial));
  const recipe = frozen.values.frozen ? { frozen: [...frozen.values.frozen] } : {};
  if (recipe.frozen) size = chooseSize(facts, asked, model, await atSmall(recipe));
  let secondsPerUpdate = await secondsOf({ ...size.values, ...recipe });
  for (let tries = 0; !isAsked && tries < 2; tries++) {
    const next = chooseSize(facts, asked, model, (1e6 * secondsPerUpdate) / pixelsOf(size.values));
    if (pixelsOf(next.values) < muchLarger * pixelsOf(size.values)) break;
    size = next;
    secondsPerUpdate = await secondsOf({ ...size.values, ...recipe });
  }
  return { size, frozen, secondsPerUpdate };
}

/** A small image of the same shape. */
function trialSize({ height, width }: FinetuneFacts['sample']) {
  const scale = Math.min(1, trialLength / Math.sqrt(height * width));
  const resized = { height: Math.round(height * scale), width: Math.round(width * scale) };
  return { mode: 'resize', ...resized } as const;
}
