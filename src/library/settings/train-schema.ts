import * as z from 'zod';
import { orders } from '../../data/batches/sampler.ts';
import { augmentations } from '../../data/transforms/augment.ts';
import { normalizationModes } from '../../engine/operators/layers.ts';
import { lossNormalizations } from '../../engine/operators/losses/pixel-loss.ts';
import {
  backgroundModes,
  deconvolutionModes,
  fusionModes,
  modelConfigSchema,
} from '../../networks/model-config.ts';
import { type ModelName, modelNames } from '../../networks/model-names.ts';
import { objectiveForm, parseObjective } from '../../networks/objectives.ts';
import { optimizerNames } from '../../networks/update-rules.ts';
import type { Choice } from '../../training/finetune.ts';
import { classWeightings, type Recipe, recipeNames, schedules } from '../../training/recipes.ts';
import type { TrainEvents } from '../../training/train-options.ts';
import { addedChannelModes } from '../../weights/adapt-first-layer.ts';
import * as common from './common.ts';

const share = z.number().min(0).lt(1);
const positive = z.number().positive();
const count = z.int().min(0);
const sized = { height: common.positiveInteger, width: common.positiveInteger };
const native = z.strictObject({ mode: z.literal('native') });
const resize = z.strictObject({ mode: z.literal('resize'), ...sized });
const crop = z.strictObject({ mode: z.literal('crop'), ...sized, of: z.strictObject(sized).exactOptional() });

/** Of each value of a recipe, what it may be. */
const recipe = {
  duration: z.union(
    [z.strictObject({ iterations: count }), z.strictObject({ epochs: common.positiveInteger })],
    {
      error: 'expected { iterations } or { epochs }',
    },
  ),
  batchSize: common.positiveInteger,
  accumulate: common.positiveInteger,
  loss: z.enum(lossNormalizations),
  objective: z.string().refine(parseObjective, { error: `expected ${objectiveForm}` }),
  hardPixels: positive.max(1),
  learningRate: z.number().min(0),
  schedule: z.enum(schedules),
  stepEvery: count,
  stepFactor: positive,
  warmup: count,
  optimizer: z.enum(optimizerNames),
  momentum: share,
  nesterov: z.boolean(),
  betas: z.tuple([share, share]),
  weightDecay: z.number().min(0),
  clip: z.number().min(0),
  classWeighting: z.enum(classWeightings),
  frozen: z.array(z.string()),
  headRate: positive,
  ema: share,
  dropout: share,
  normalization: z.enum(normalizationModes),
  auxiliary: z.number().min(0),
  background: z.enum(backgroundModes),
  fusion: z.enum(fusionModes),
  lossShare: positive.max(1),
  deconvolution: z.enum(deconvolutionModes),
  trainSize: z.discriminatedUnion('mode', [native, resize, crop], {
    error: "expected mode 'native', 'resize' or 'crop'",
  }),
  valSize: z.discriminatedUnion('mode', [native, resize], { error: "expected mode 'native' or 'resize'" }),
  augment: z.array(z.enum(augmentations)),
} satisfies Record<keyof Recipe, z.ZodType>;

/** Some values of a recipe. */
export const recipeSchema = z.strictObject(recipe).partial();

/** The values of a recipe among settings. */
export function recipeOf(settings: Partial<Recipe>): Partial<Recipe> {
  const names = Object.keys(recipe) as (keyof Recipe)[];
  const given = names.filter((name) => settings[name] !== undefined);
  return Object.fromEntries(given.map((name) => [name, settings[name]]));
}

/** What `trainNetwork` takes, with its defaults. */
export const trainSchema = z.strictObject({
  ...recipeSchema.shape,
  data: common.data,
  out: common.file.optional(),
  trainSplit: common.file.optional(),
  valSplit: common.file.optional(),
  model: z.enum(modelNames as [ModelName, ...ModelName[]]).optional(),
  width: positive.optional(),
  init: common.file.optional(),
  expandScores: z.boolean().default(false),
  addedChannels: z.enum(addedChannelModes).optional(),
  input: common.inputPreset,
  channels: common.positiveInteger.optional(),
  streams: modelConfigSchema.shape.streams,
  recipe: z.enum(recipeNames).optional(),
  budget: positive.optional(),
  order: z.enum(orders).default('shuffled'),
  seed: count.default(0),
  threads: common.threads,
  device: common.device,
  validateEvery: count.optional(),
  patience: count.optional(),
  checkpointEvery: count.default(500),
  resume: z.boolean().default(false),
  report: z.boolean().default(true),
  signal: z.instanceof(AbortSignal, { error: 'expected an AbortSignal' }).optional(),
  events: z
    .strictObject({
      onResume: common.listener<NonNullable<TrainEvents['onResume']>>(),
      onIteration: common.listener<NonNullable<TrainEvents['onIteration']>>(),
      onValidating: common.listener<NonNullable<TrainEvents['onValidating']>>(),
      onValidation: common.listener<NonNullable<TrainEvents['onValidation']>>(),
    })
    .optional(),
  onChoices: common.listener<(choices: readonly Choice[]) => void>(),
  onWarning: common.listener<(message: string) => void>(),
});
