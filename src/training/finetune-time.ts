import { type Asked, asAsked, type Chosen, type FinetuneFacts, shown } from './finetune.ts';
import { type Recipe, updatesIn } from './recipes.ts';

/** Updates that a size of images has to leave time for, and that are enough for few images, like so many passes. */
const fewestUpdates = 1500;
const enoughUpdates = 2000;
const enoughPasses = 200;

/** Pixels of the images that are trained on: no more and no fewer are chosen. */
const mostPixels = 512 ** 2;
const leastPixels = 96 ** 2;

/** Share of the time for validations, and how many there are at most. */
const validationShare = 0.15;
const mostValidations = 10;

/**
 * The size at which images are trained and validated: the largest, up to twice their own, that leaves time for enough
 * updates.
 * @param secondsPerMegapixel of an update
 */
export function chooseSize(
  { sample, budgetSeconds }: Pick<FinetuneFacts, 'sample' | 'budgetSeconds'>,
  { overrides }: Asked,
  secondsPerMegapixel: number,
): Chosen<Pick<Partial<Recipe>, 'trainSize' | 'valSize'>> {
  const { trainSize, valSize, batchSize = 1 } = overrides;
  const { height, width, isOneSize, isOneShape } = sample;
  const line = (value: string, reason: string) => [{ setting: 'size', value, reason }];
  if (trainSize) {
    return {
      values: valSize ? {} : { valSize: validated(trainSize) },
      choices: line(shown(trainSize), asAsked),
    };
  }
  const pixels = height * width;
  const affordable = ((1 - validationShare) * budgetSeconds * 1e6) / (fewestUpdates * secondsPerMegapixel);
  const wanted = Math.min(Math.max(affordable, leastPixels), 4 * pixels, mostPixels);
  const scale = Math.sqrt(wanted / pixels);
  const own = `images are ${isOneSize ? '' : 'about '}${height}x${width}`;
  const isNative = (scale > 0.9 && scale < 1.1) || (scale >= 1.1 && !isOneShape);
  if (isNative && (isOneSize || batchSize === 1)) {
    const native = { mode: 'native' } as const;
    const reason = isOneSize || isOneShape ? own : `${own}, of different shapes`;
    return { values: { trainSize: native, valSize: valSize ?? native }, choices: line('native', reason) };
  }
  const resized = { mode: 'resize', height: rounded(height * scale), width: rounded(width * scale) } as const;
  const limit =
    wanted === 4 * pixels
      ? 'twice that shows the network more of what is small'
      : wanted === mostPixels
        ? 'more is seldom needed'
        : wanted === leastPixels
          ? 'less would show too little, little as the time is'
          : `the largest that leaves time for about ${fewestUpdates} updates`;
  return {
    values: { trainSize: resized, valSize: valSize ?? resized },
    choices: line(`${resized.height}x${resized.width}`, `${own}; ${limit}`),
  };
}

/** Multiples of 16: pooling divides them, and none is missing at the borders. */
function rounded(length: number): number {
  return Math.max(32, 16 * Math.round(length / 16));
}

/** What is trained on windows is validated whole. */
function validated(size: Recipe['trainSize']): Recipe['valSize'] {
  return size.mode === 'resize' ? { ...size, mode: 'resize' } : { mode: 'native' };
}

/** How long to train, how often to validate, and what depends on it. */
export function chooseLength(
  { images, validationImages, budgetSeconds, threads }: FinetuneFacts,
  { overrides, validateEvery: everyAsked }: Asked,
  recipe: Pick<Recipe, 'batchSize' | 'accumulate'>,
  { secondsPerUpdate, secondsPerValidation }: { secondsPerUpdate: number; secondsPerValidation: number },
): Chosen<{ recipe: Partial<Recipe>; validateEvery: number }> {
  const validates = everyAsked !== 0 && validationImages > 0;
  const affordable = Math.floor((validationShare * budgetSeconds) / secondsPerValidation);
  const validations = validates ? Math.min(mostValidations, Math.max(1, affordable)) : 0;
  // Where one validation alone takes most of the time, training has half of it all the same.
  const left = Math.max(budgetSeconds - validations * secondsPerValidation, budgetSeconds / 2);
  const inTime = Math.max(1, Math.floor(left / secondsPerUpdate));
  const enough = Math.max(enoughUpdates, updatesIn({ epochs: enoughPasses }, images, recipe));
  const asked = overrides.duration && updatesIn(overrides.duration, images, recipe);
  const iterations = asked ?? Math.min(inTime, enough);
  const validateEvery = everyAsked ?? (validates ? Math.max(1, Math.ceil(iterations / validations)) : 0);
  const memory = Math.min(500, Math.max(10, Math.round(iterations / 20)));
  const ema = overrides.ema ?? (memory - 1) / memory;
  const warmup = overrides.warmup ?? Math.min(100, Math.floor(iterations / 20));
  const passes = ((iterations * recipe.batchSize * recipe.accumulate) / images).toPrecision(2);
  const pace = `${(1000 * secondsPerUpdate).toFixed(0)} ms an update on ${threads} thread${threads === 1 ? '' : 's'}`;
  return {
    values: { recipe: { duration: { iterations }, ema, warmup }, validateEvery },
    choices: [
      {
        setting: 'iterations',
        value: String(iterations),
        reason:
          asked !== undefined
            ? asAsked
            : `${Number(passes)} passes: ${inTime <= enough ? `what ${time(budgetSeconds)} hold at ${pace}` : `enough for ${images} images (${pace})`}`,
      },
      {
        setting: 'validate every',
        value: String(validateEvery),
        reason:
          everyAsked !== undefined
            ? asAsked
            : validates
              ? `a validation of ${validationImages} images takes ${time(secondsPerValidation)}`
              : 'there is nothing to validate on',
      },
      {
        setting: 'average',
        value: Number(ema.toPrecision(4)).toString(),
        reason: overrides.ema === undefined ? `weights are averaged over about ${memory} updates` : asAsked,
      },
      {
        setting: 'warm-up',
        value: String(warmup),
        reason: overrides.warmup === undefined ? 'the first steps are the roughest' : asAsked,
      },
    ],
  };
}

function time(seconds: number): string {
  return seconds >= 90 ? `${(seconds / 60).toPrecision(2)} minutes` : `${seconds.toPrecision(2)} s`;
}
