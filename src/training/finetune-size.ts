import { type Head, type ModelName, partsOf } from '../networks/model-names.ts';
import { type Asked, asAsked, type Chosen, type FinetuneFacts, shown } from './finetune.ts';
import { validationShare } from './finetune-time.ts';
import type { Recipe } from './recipes.ts';

/** Updates that a size of images has to leave time for: more where no layer has learned anything yet. */
const fewestUpdates = 1000;
const fewestFromRandom = 1500;

/** Pixels of the images that are trained on: no more and no fewer are chosen. */
const mostPixels = 512 ** 2;
const leastPixels = 96 ** 2;

/** Pixels of the images that windows are cut from, at most. */
const mostWholePixels = 4 * mostPixels;

/** By how much images are enlarged, at most. */
const largestScale = 2;

/**
 * Of labels that are constant on the cells which a score stands for: the mean IoU below which even images of their own size
 * show too little, and the one that is enough when windows of larger images take its place.
 */
const tooCoarse = 0.73;
const fineEnough = 0.85;

/** Pixels from one score to the next, before the head enlarges them. */
const strides: Record<Head, number> = {
  ...{ fcn32s: 32, fcn16s: 16, fcn8s: 8, 'fcn8s-atonce': 8 },
  ...{ fcn: 8, deeplabv3: 16 },
};

type Sizes = Pick<Partial<Recipe>, 'trainSize' | 'valSize'>;
type SizeFacts = Pick<FinetuneFacts, 'sample' | 'budgetSeconds' | 'first'>;

/**
 * The size at which images are trained and validated: the largest, up to twice their own, that leaves time for enough
 * updates. Labels that are too fine for images of their own size, as of cells and their membranes, say little about whole scenes:
 * training sees windows of this size then, of larger images.
 * @param secondsPerMegapixel of an update
 */
export function chooseSize(
  facts: SizeFacts,
  { overrides }: Asked,
  model: ModelName,
  secondsPerMegapixel: number,
): Chosen<Sizes> {
  const { trainSize, valSize, batchSize = 1 } = overrides;
  const { height, width, isOneSize, isOneShape } = facts.sample;
  const line = (value: string, reason: string) => [{ setting: 'size', value, reason }];
  if (trainSize) {
    return {
      values: valSize ? {} : { valSize: validated(trainSize) },
      choices: line(shown(trainSize), asAsked),
    };
  }
  const pixels = height * width;
  const { wanted, limit } = wantedPixels(facts, secondsPerMegapixel);
  const scale = Math.sqrt(wanted / pixels);
  const own = `images are ${isOneSize ? '' : 'about '}${height}x${width}`;
  const finer = valSize === undefined ? finerScale(facts, partsOf(model).head, scale) : undefined;
  if (finer) {
    const of = resized(facts, finer);
    const crop = { mode: 'crop', ...resized(facts, scale), of } as const;
    return {
      values: { trainSize: crop, valSize: { mode: 'resize', ...of } },
      choices: line(
        shown(crop),
        `${own}, too small for their fine labels; there is time for windows of this size`,
      ),
    };
  }
  const isNative = (scale > 0.9 && scale < 1.1) || (scale >= 1.1 && !isOneShape);
  if (isNative && (isOneSize || batchSize === 1)) {
    const native = { mode: 'native' } as const;
    const reason = isOneSize || isOneShape ? own : `${own}, of different shapes`;
    return { values: { trainSize: native, valSize: valSize ?? native }, choices: line('native', reason) };
  }
  const whole = { mode: 'resize', ...resized(facts, scale) } as const;
  return {
    values: { trainSize: whole, valSize: valSize ?? whole },
    choices: line(`${whole.height}x${whole.width}`, `${own}; ${limit}`),
  };
}

/** How many pixels there is time for, and why no more. */
function wantedPixels({ sample, budgetSeconds, first }: SizeFacts, secondsPerMegapixel: number) {
  const most = largestScale ** 2 * sample.height * sample.width;
  const updates = first.file === undefined ? fewestFromRandom : fewestUpdates;
  const affordable = ((1 - validationShare) * budgetSeconds * 1e6) / (updates * secondsPerMegapixel);
  const wanted = Math.min(Math.max(affordable, leastPixels), most, mostPixels);
  const limits = new Map([
    [affordable, `the largest that leaves time for about ${updates} updates`],
    [leastPixels, 'the smallest useful size, because time is short'],
    [mostPixels, 'larger is rarely needed'],
    [most, 'at twice that, the network sees small things better'],
  ]);
  return { wanted, limit: limits.get(wanted)!, isLimitedByTime: affordable < Math.min(most, mostPixels) };
}

/** Whether images that are seen whole would be larger if there were more time. */
export function isLimitedByTime(
  facts: SizeFacts,
  { trainSize }: Sizes,
  secondsPerMegapixel: number,
): boolean {
  return trainSize?.mode !== 'crop' && wantedPixels(facts, secondsPerMegapixel).isLimitedByTime;
}

/** The scale at which the labels can be met, if they cannot be at this one, nor at that of the images. */
function finerScale({ sample }: SizeFacts, head: Head, scale: number): number | undefined {
  const reached = (at: number) => sample.bestOnCells(strides[head] / at);
  if (reached(Math.max(scale, 1)) >= tooCoarse) return undefined;
  const most = Math.min(largestScale, Math.sqrt(mostWholePixels / (sample.height * sample.width)));
  const finer = most > Math.SQRT2 && reached(Math.SQRT2) >= fineEnough ? Math.SQRT2 : most;
  return finer > 1.25 * scale ? finer : undefined;
}

/** Multiples of 16: pooling divides them, and none is missing at the borders. */
function resized({ sample }: SizeFacts, scale: number): { height: number; width: number } {
  const rounded = (length: number) => Math.max(32, 16 * Math.round((length * scale) / 16));
  return { height: rounded(sample.height), width: rounded(sample.width) };
}

/** What is trained on windows is validated whole. */
function validated(size: Recipe['trainSize']): Recipe['valSize'] {
  if (size.mode === 'resize') return size;
  return size.mode === 'crop' && size.of ? { mode: 'resize', ...size.of } : { mode: 'native' };
}
