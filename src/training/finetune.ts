import path from 'node:path';
import { isNormalized } from '../networks/backbones/backbones.ts';
import type { BackboneName, ModelName } from '../networks/model-names.ts';
import { finestOn, partsOf } from '../networks/model-names.ts';
import { isDeconvolved } from '../networks/network.ts';
import { builtinName } from '../weights/builtin.ts';
import { hasNewHead, headRateOfNew, rateFor } from './finetune-rates.ts';
import type { Recipe } from './recipes.ts';

/** What recipe `finetune` looks at; see finetune-facts.ts. */
export interface FinetuneFacts {
  /** Training images, and validation images (0: nothing is validated). */
  readonly images: number;
  readonly validationImages: number;
  /** Of some training images: how many were looked at, their median size, and whether all are of one size, or one shape. */
  readonly sample: {
    readonly images: number;
    readonly height: number;
    readonly width: number;
    readonly isOneSize: boolean;
    readonly isOneShape: boolean;
    /** Share of each class in the labeled pixels. */
    readonly shares: readonly number[];
    /** The mean IoU that predictions can reach which are constant on cells of so many pixels a side. */
    readonly bestOnCells: (pixels: number) => number;
  };
  readonly first: FirstWeights;
  /** Whether images are RGB; default: they are. */
  readonly isOfColors?: boolean;
  readonly threads: number;
  /** Processes that make the run together; default: 1. */
  readonly ranks?: number;
  /** That the run may take, validations included. */
  readonly budgetSeconds: number;
}

/** The weights to start from: random where there is no file. */
export interface FirstWeights {
  readonly file?: string;
  readonly backbone?: BackboneName;
  /** Of files that hold a network for segmentation. */
  readonly model?: ModelName;
  readonly width?: number;
}

/** What the user decided; nothing of it is chosen anew. */
export interface Asked {
  readonly model?: ModelName;
  readonly width?: number;
  readonly overrides: Partial<Recipe>;
  readonly validateEvery?: number;
}

/** One line of what was chosen, and why. */
export interface Choice {
  readonly setting: string;
  readonly value: string;
  readonly reason: string;
}

export interface Chosen<T> {
  readonly values: T;
  readonly choices: readonly Choice[];
}

/** The reason of what the user decided. */
export const asAsked = 'as asked';

/** The network, and how wide it is. */
export function chooseNetwork(
  { first }: Pick<FinetuneFacts, 'first'>,
  asked: Asked,
): Chosen<{ model: ModelName; width: number }> {
  const [model, why] = networkFor(first);
  const chosen = asked.model ?? model;
  const isRandom = first.file === undefined;
  const isWide = isRandom && partsOf(chosen).backbone.startsWith('vgg');
  const [width, whyWidth] = isWide
    ? [0.125, 'from random weights, a narrow network learns more in this time']
    : [first.width ?? 1, isRandom ? 'as published' : 'that of the first weights'];
  return {
    values: { model: chosen, width: asked.width ?? width },
    choices: [
      {
        setting: 'first weights',
        value: first.file ? path.basename(first.file) : 'random',
        reason: firstReason(first),
      },
      { setting: 'network', value: chosen, reason: asked.model ? asAsked : why },
      {
        setting: 'width',
        value: String(asked.width ?? width),
        reason: asked.width === undefined ? whyWidth : asAsked,
      },
    ],
  };
}

function firstReason({ file }: FirstWeights): string {
  if (file === undefined) return 'no --init FILE was given';
  return file === builtinName
    ? 'included with fcn and trained on photographs; --init none starts from random weights'
    : asAsked;
}

function networkFor({ file, model, backbone }: FirstWeights): [ModelName, string] {
  // From its weights 400 updates on CamVid gave FCN-8s 46.5 and its own head 39.2 (docs/finetune.md).
  if (file === builtinName)
    return ['fcn8s-mobilenetv2', 'sees finer detail than the head of the built-in network'];
  if (model) return [model, `the network in ${file}`];
  if (!backbone) return ['fcn8s-mobilenetv2', 'learns most in a few minutes, even from random weights'];
  return [finestOn(backbone), 'the finest head on the network of these weights'];
}

/** All of the recipe that the time does not decide. */
export function chooseRecipe(
  {
    images,
    first,
    sample,
    isOfColors = true,
    ranks = 1,
  }: Pick<FinetuneFacts, 'images' | 'first' | 'sample' | 'isOfColors' | 'ranks'>,
  { overrides }: Asked,
  model: ModelName,
): Chosen<Partial<Recipe>> {
  const isRandom = first.file === undefined;
  const { backbone } = partsOf(model);
  const wantsSgd = overrides.momentum !== undefined || overrides.nesterov === true;
  const optimizer = overrides.optimizer ?? (wantsSgd ? 'sgd' : 'adamw');
  const largest = Math.max(...sample.shares);
  const isLopsided = largest > 0.6 && sample.shares.filter((share) => share > 0).length > 2;
  const few = images < 100;
  const objective = objectiveFor(overrides, ranks);
  const countsAlike = (overrides.objective ?? objective[2]).includes('dice');
  const rows: [keyof Recipe, string, Recipe[keyof Recipe], string][] = [
    ['batchSize', 'batch', 1, 'with few threads, more updates teach more than larger batches'],
    ['optimizer', 'optimizer', optimizer, 'needs the least tuning of its learning rate'],
    [
      'learningRate',
      'learning rate',
      rateFor(isRandom ? 'random' : backbone, optimizer),
      isRandom ? 'random weights need large steps' : `suits ${backbone}'s weights`,
    ],
    ...(optimizer === 'adamw' && hasNewHead(first, model) ? [headRateOfNew] : []),
    objective,
    ...(isNormalized(model) ? [normalizationFor(isRandom)] : []),
    ...(isDeconvolved(model) ? [lastDeconvolution] : []),
    ['schedule', 'schedule', 'poly', 'the rate falls to zero by the end of the run'],
    [
      'augment',
      'augment',
      ['flip', ...(few ? ['scale' as const] : []), ...(isOfColors ? ['color' as const] : [])],
      few
        ? `there ${images === 1 ? 'is only 1 image, so it is' : `are only ${images} images, so they are`} varied a lot`
        : `${images} images have enough variety`,
    ],
    [
      'classWeighting',
      'class weights',
      isLopsided && !countsAlike ? 'balanced' : 'none',
      countsAlike ? 'dice counts classes alike' : `the largest class has ${percent(largest)} of the pixels`,
    ],
  ];
  const chosen = rows.filter(([key]) => overrides[key] === undefined);
  return {
    values: Object.fromEntries(chosen.map(([key, , value]) => [key, value])),
    choices: rows.map(([key, setting, value, reason]) => ({
      setting,
      value: shown(overrides[key] ?? value),
      reason: overrides[key] === undefined ? reason : asAsked,
    })),
  };
}

/**
 * Dice is computed over a batch, so that batches which are accumulated, or are those of several processes, would not make up one
 * large batch any more.
 */
function objectiveFor(
  { loss, accumulate = 1 }: Partial<Recipe>,
  ranks: number,
): [keyof Recipe, string, string, string] {
  if (loss === 'sum') return ['objective', 'objective', 'ce', 'other losses cannot be summed over pixels'];
  if (accumulate * ranks > 1)
    return ['objective', 'objective', 'ce', 'an update has several batches, which count as one large batch'];
  const reason = 'dice counts the overlap of each class alike, however small, as mean IoU does';
  return ['objective', 'objective', 'ce+dice', reason];
}

const lastDeconvolution: [keyof Recipe, string, string, string] = [
  'deconvolution',
  'deconvolution',
  'final-fixed',
  'the last one stays bilinear, which takes less time than to learn it',
];

function normalizationFor(isRandom: boolean): [keyof Recipe, string, string, string] {
  return isRandom
    ? ['normalization', 'normalization', 'batch', 'random weights have no running averages yet']
    : [
        'normalization',
        'normalization',
        'running',
        'one image says less than the running averages of the first weights',
      ];
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

/** The size of training images. */
export function shownSize(size: Recipe['trainSize']): string {
  if (size.mode === 'native') return size.mode;
  const own = `${size.mode} ${size.height}x${size.width}`;
  return size.mode === 'crop' && size.of ? `${own} of ${size.of.height}x${size.of.width}` : own;
}

/** A value as the command line takes it. */
export function shown(value: Recipe[keyof Recipe]): string {
  if (Array.isArray(value)) return value.length > 0 ? value.join() : 'none';
  if (typeof value === 'object' && 'mode' in value) {
    return shownSize(value);
  }
  return String(value);
}
