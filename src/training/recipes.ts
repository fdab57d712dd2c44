import type { Augmentation, TrainingSize } from '../data/transforms/augment.ts';
import type { NormalizationMode } from '../engine/operators/layers.ts';
import type { LossNormalization } from '../engine/operators/losses/pixel-loss.ts';
import type { Size } from '../inference/predict/segmenter.ts';
import type { backgroundModes, fusionModes, ModelConfig } from '../networks/model-config.ts';
import { type BackboneName, type ModelName, partsOf } from '../networks/model-names.ts';
import type { OptimizerName } from '../networks/update-rules.ts';

export const recipeNames = ['finetune', 'classic', 'paper2015', 'heavy'] as const;
export type RecipeName = (typeof recipeNames)[number];

/** How long to train: in iterations (updates of the weights) or in passes over the training images. */
export type Duration = { readonly iterations: number } | { readonly epochs: number };

/** A duration in updates: an epoch has as many as it takes to see every training image. */
export function updatesIn(
  duration: Duration,
  images: number,
  { batchSize, accumulate }: Pick<Recipe, 'batchSize' | 'accumulate'>,
): number {
  if ('iterations' in duration) return duration.iterations;
  return Math.ceil((duration.epochs * images) / (batchSize * accumulate));
}

/** How the learning rate changes over a run; see learning-rate.ts. */
export const schedules = ['constant', 'step', 'poly', 'cosine'] as const;
export type Schedule = (typeof schedules)[number];

/** `balanced`: median frequency balancing, from the labels of the training split; see class-frequencies.ts. */
export const classWeightings = ['none', 'balanced'] as const;
export type ClassWeighting = (typeof classWeightings)[number];

/** Everything that a recipe decides; each value can be overridden by the option of its name. */
export interface Recipe {
  readonly duration: Duration;
  /** Images of one run of the network, and how many such runs make one update. */
  readonly batchSize: number;
  readonly accumulate: number;
  readonly loss: LossNormalization;
  /** The losses that are summed, as in `ce+0.5*dice`; see networks/objectives.ts. */
  readonly objective: string;
  /** The share of each image's valid pixels that counts in losses over pixels, the hardest first; 1: all. */
  readonly hardPixels: number;
  readonly learningRate: number;
  readonly schedule: Schedule;
  /** Of schedule step: iterations between two steps (0: there are none), and the factor of each. */
  readonly stepEvery: number;
  readonly stepFactor: number;
  /** Iterations over which the learning rate rises to what the schedule says; 0: none. */
  readonly warmup: number;
  readonly optimizer: OptimizerName;
  /** Of sgd. */
  readonly momentum: number;
  readonly nesterov: boolean;
  /** Of adamw. */
  readonly betas: readonly [number, number];
  readonly weightDecay: number;
  /** The greatest length of all gradients together; 0: any. */
  readonly clip: number;
  /** What a pixel of a class counts in the loss: all the same, or more the rarer the class is. */
  readonly classWeighting: ClassWeighting;
  /** Layers that do not learn; see learned-parameters.ts. */
  readonly frozen: readonly string[];
  /** Factor of the learning rate of score layers and deconvolutions. */
  readonly headRate: number;
  /** Decay of the moving average of the weights that is validated and saved; 0: the weights themselves are. */
  readonly ema: number;
  readonly dropout: number;
  /** How batch normalization is computed while a network learns; see engine/operators/layers.ts. */
  readonly normalization: NormalizationMode;
  /** How the first class is scored; see model-config.ts. */
  readonly background: (typeof backgroundModes)[number];
  /** What is made of the scores of several layers; see model-config.ts. */
  readonly fusion: (typeof fusionModes)[number];
  /** The share of pixels whose loss counts, drawn anew for each image; 1: all. See loss-sampling.ts. */
  readonly lossShare: number;
  /** What the loss of the auxiliary head counts; 0: the network has none. */
  readonly auxiliary: number;
  readonly deconvolution: ModelConfig['deconvolution'];
  readonly trainSize: TrainingSize;
  /** The size at which validation images pass through the network; scores go back to the image's own size. */
  readonly valSize: ValidationSize;
  readonly augment: readonly Augmentation[];
}

export type ValidationSize =
  | { readonly mode: 'native' }
  | { readonly mode: 'resize'; readonly height: number; readonly width: number };

const native = { mode: 'native' } as const;

/** What the papers do without. */
const plain = {
  objective: 'ce',
  hardPixels: 1,
  classWeighting: 'none',
  clip: 0,
  frozen: [],
  headRate: 1,
  ema: 0,
  normalization: 'batch',
  auxiliary: 0,
  background: 'scored',
  fusion: 'sum',
  lossShare: 1,
} as const;

/** The optimizer of the papers; where it is to be another, that has its customary settings. */
const sgd = { optimizer: 'sgd', nesterov: false, betas: [0.9, 0.999] } as const;

/** The learning rate of the papers; where it is to fall in steps, it falls to a tenth. */
const constant = { schedule: 'constant', stepEvery: 0, stepFactor: 0.1, warmup: 0 } as const;

/** The size at which all images pass through the network; undefined for their own. */
export function fixedSize(size: ValidationSize | TrainingSize): Size | undefined {
  return size.mode === 'native' ? undefined : size;
}

/** The recipe for a network. Learning rates of the staged recipes fall from FCN-32s to 16s and 8s. */
export function recipeFor(name: RecipeName, model: ModelName): Recipe {
  const parts = partsOf(model);
  // torchvision's head and how it is trained: references/segmentation/train.py, models/segmentation/fcn.py.
  const own = parts.head === 'fcn' ? { dropout: 0.1, auxiliary: 0.5 } : {};
  return { ...recipes[name](parts), ...own };
}

/** The learning rates of Long et al. 2015, section 4.3. */
function searchedRate(backbone: BackboneName): number {
  if (backbone === 'alexnet') return 1e-3;
  return backbone === 'googlenet' ? 5e-5 : 1e-4;
}

const recipes: Record<RecipeName, (parts: ReturnType<typeof partsOf>) => Recipe> = {
  /** What is left to it by the rules of finetune.ts, which choose all that depends on the data and on the machine. */
  finetune: () => ({
    duration: { epochs: 10 },
    batchSize: 1,
    accumulate: 1,
    loss: 'mean',
    learningRate: 1e-3,
    ...constant,
    ...sgd,
    momentum: 0.9,
    weightDecay: 5e-4,
    ...plain,
    dropout: 0,
    deconvolution: 'learned',
    trainSize: native,
    valSize: native,
    augment: [],
  }),

  /** The common PyTorch re-implementation: small crops, every deconvolution learned. */
  classic: () => ({
    duration: { epochs: 50 },
    batchSize: 1,
    accumulate: 1,
    loss: 'mean',
    learningRate: 1e-4,
    ...constant,
    ...sgd,
    momentum: 0.99,
    weightDecay: 5e-4,
    ...plain,
    dropout: 0.5,
    deconvolution: 'learned',
    trainSize: { mode: 'crop', height: 224, width: 224 },
    valSize: { mode: 'resize', height: 256, width: 256 },
    augment: [],
  }),

  /**
   * Long et al. 2015, section 4.3: minibatches of 20 images, final deconvolution fixed, others learned. Learning rates
   * are 1e-3 for FCN-AlexNet, 1e-4 for FCN-VGG16 and 5e-5 for FCN-GoogLeNet, found by line search; backbones that the paper does not
   * have take that of VGG-16. A skip lowers them by 100 (section 4.2).
   */
  paper2015: ({ head, backbone }) => ({
    duration: { epochs: 175 },
    batchSize: 1,
    accumulate: 20,
    loss: 'mean',
    learningRate: searchedRate(backbone) / (head === 'fcn16s' || head === 'fcn8s' ? 100 : 1),
    ...constant,
    ...sgd,
    momentum: 0.9,
    weightDecay: 5e-4,
    ...plain,
    dropout: 0.5,
    deconvolution: 'final-fixed',
    trainSize: native,
    valSize: native,
    augment: [],
  }),

  /** Shelhamer et al. 2017, section 4.2, and the reference solvers: one image, high momentum, unnormalized loss. */
  heavy: ({ head }) => ({
    duration: { iterations: head === 'fcn8s-atonce' ? 300_000 : 100_000 },
    batchSize: 1,
    accumulate: 1,
    loss: 'sum',
    learningRate: {
      ...{ fcn32s: 1e-10, fcn16s: 1e-12, fcn8s: 1e-14 },
      ...{ 'fcn8s-atonce': 1e-10, fcn: 1e-10, deeplabv3: 1e-10 },
    }[head],
    ...constant,
    ...sgd,
    momentum: 0.99,
    weightDecay: 5e-4,
    ...plain,
    dropout: 0.5,
    deconvolution: 'fixed',
    trainSize: native,
    valSize: native,
    augment: [],
  }),
};
