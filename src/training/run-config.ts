import * as z from 'zod';
import { counted } from '../base/counted.ts';
import { listOf } from '../base/schemas.ts';
import { orders } from '../data/batches/sampler.ts';
import { augmentations } from '../data/transforms/augment.ts';
import { normalizationModes } from '../engine/operators/layers.ts';
import { lossNormalizations } from '../engine/operators/losses/pixel-loss.ts';
import { scoresPerPixel } from '../networks/class-heads.ts';
import { modelConfigSchema } from '../networks/model-config.ts';
import { objectiveForm, parseObjective } from '../networks/objectives.ts';
import { planSchema } from '../networks/plan-file.ts';
import { optimizerNames } from '../networks/update-rules.ts';
import { addedChannelModes } from '../weights/adapt-first-layer.ts';
import { dataDigestSchema } from './data-digest.ts';
import { recipeNames, schedules } from './recipes.ts';

const positiveInteger = z.int().min(1);
const share = z.number().min(0).lt(1);
const sized = { height: positiveInteger, width: positiveInteger };

const settingsSchema = z.object({
  /** Version of fcn that made the run, and the command that did. */
  version: z.string(),
  command: z.string(),
  /** SPEC of the data set and its splits; no validation split where nothing is validated. */
  data: z.string(),
  trainSplit: z.string(),
  valSplit: z.string(),
  /** The folder that relative paths of `data` and `init` are relative to. Earlier versions did not say. */
  directory: z.string().optional(),
  /** What the splits held when the run began; val where it is validated. Earlier versions did not say. */
  dataDigests: z.object({ train: dataDigestSchema, val: dataDigestSchema.optional() }).optional(),
  model: modelConfigSchema,
  /** Weights file that the run started from, or `none`. */
  init: z.string(),
  /** Whether score layers have taken over the classes that are in that file, too. */
  expandScores: z.boolean().optional(),
  /** How channels have started that the RGB network in that file does not have; default: with the mean of its kernels. */
  addedChannels: z.enum(addedChannelModes).optional(),
  recipe: z.enum(recipeNames),
  iterations: z.int().nonnegative(),
  batchSize: positiveInteger,
  accumulate: positiveInteger,
  loss: z.enum(lossNormalizations),
  /** The losses that are summed, as in `ce+0.5*dice`. */
  objective: z
    .string()
    .refine(parseObjective, { error: `expected ${objectiveForm}` })
    .default('ce'),
  /** The share of each image's valid pixels that counts in losses over pixels, the hardest first. */
  hardPixels: z.number().positive().max(1).default(1),
  learningRate: z.number().nonnegative(),
  schedule: z.enum(schedules),
  /** Of schedule step: iterations between two steps, and the factor of each. */
  stepEvery: z.int().nonnegative().default(0),
  stepFactor: z.number().positive().default(0.1),
  /** Iterations over which the learning rate rises to what the schedule says. */
  warmup: z.int().nonnegative().default(0),
  optimizer: z.enum(optimizerNames).default('sgd'),
  /** Of sgd. */
  momentum: share,
  nesterov: z.boolean().default(false),
  /** Of adamw. */
  betas: z.tuple([share, share]).default([0.9, 0.999]),
  weightDecay: z.number().nonnegative(),
  /** The greatest length of all gradients together; 0: any. */
  clip: z.number().nonnegative().default(0),
  /** What a pixel of each class counts in the loss, those of all heads one after the other; null: all the same. */
  classWeights: listOf(z.number().nonnegative()).nullable().default(null),
  /** Layers that do not learn: names, or beginnings of names that end in `*`. */
  frozen: listOf(z.string()).default([]),
  /** Factor of the learning rate of score layers and deconvolutions. */
  headRate: z.number().positive().default(1),
  /** Decay of the moving average of the weights that is validated and saved; 0: the weights themselves are. */
  ema: share.default(0),
  dropout: share,
  /** How batch normalization is computed. */
  normalization: z.enum(normalizationModes).default('batch'),
  /** What the loss of the auxiliary head counts, where the network has one. */
  auxiliary: z.number().nonnegative().default(0),
  /** What dropout masks are drawn for: each sample, by its number, or, in earlier versions, a batch at once. */
  dropoutOf: z.enum(['sample', 'batch']).default('batch'),
  /** The share of pixels whose loss counts, drawn anew for each image. */
  lossShare: z.number().positive().max(1).default(1),
  trainSize: z.discriminatedUnion('mode', [
    z.object({ mode: z.literal('native') }),
    z.object({ mode: z.literal('resize'), ...sized }),
    z.object({ mode: z.literal('crop'), ...sized, of: z.object(sized).exactOptional() }),
  ]),
  valSize: z.discriminatedUnion('mode', [
    z.object({ mode: z.literal('native') }),
    z.object({ mode: z.literal('resize'), ...sized }),
  ]),
  augment: listOf(z.enum(augmentations)),
  order: z.enum(orders),
  seed: z.int(),
  threads: positiveInteger,
  /** What computes. */
  device: z.enum(['cpu', 'webgpu', 'cuda']).default('cpu'),
  /** How the CPU computes the network (engine/rewrites/plan.ts). Earlier versions did not say. */
  plan: planSchema.optional(),
  /** In iterations; 0: never. */
  validateEvery: z.int().nonnegative(),
  /** Validations without a better mean IoU after which the run ends; 0: it goes on. */
  patience: z.int().nonnegative().default(0),
  checkpointEvery: z.int().nonnegative(),
  /** Of recipe finetune: the minutes that its settings were chosen for. */
  budget: z.number().positive().optional(),
});

/** All that is needed to repeat a run: `config.json` of the run folder. */
export const runConfigSchema = settingsSchema.superRefine(
  ({ model, classWeights, schedule, stepEvery }, check) => {
    const refuse = (key: string, message: string) => check.addIssue({ code: 'custom', path: [key], message });
    const scores = scoresPerPixel(model);
    if (classWeights && classWeights.length !== scores) {
      refuse(
        'classWeights',
        `got ${counted(classWeights.length, 'number')}, expected ${scores}, one for each class`,
      );
    }
    if (schedule === 'step' && stepEvery === 0) {
      refuse(
        'stepEvery',
        'got 0 or nothing, expected a number of iterations, because schedule step needs it',
      );
    }
  },
);
export type RunConfig = z.infer<typeof runConfigSchema>;
