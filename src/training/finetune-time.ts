import { counted } from '../base/counted.ts';
import { type Asked, asAsked, type Chosen, type FinetuneFacts } from './finetune.ts';
import { type Recipe, updatesIn } from './recipes.ts';

/** Updates that are enough for few images, like so many passes. */
const enoughUpdates = 2000;
const enoughPasses = 200;

/** Share of the time for validations, and how many there are at most. */
export const validationShare = 0.15;
const mostValidations = 10;

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
  const pace = `${(1000 * secondsPerUpdate).toFixed(0)} ms per update on ${counted(threads, 'thread')}`;
  return {
    values: { recipe: { duration: { iterations }, ema, warmup }, validateEvery },
    choices: [
      {
        setting: 'iterations',
        value: String(iterations),
        reason:
          asked !== undefined
            ? asAsked
            : `${counted(Number(passes), 'pass', 'passes')}: ${inTime <= enough ? `as many as fit into ${time(budgetSeconds)} at ${pace}` : `enough for ${counted(images, 'image')} (${pace})`}`,
      },
      {
        setting: 'validate every',
        value: String(validateEvery),
        reason:
          everyAsked !== undefined
            ? asAsked
            : validates
              ? `a validation of ${counted(validationImages, 'image')} takes ${time(secondsPerValidation)}`
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
        reason: overrides.warmup === undefined ? 'the first steps are the most erratic' : asAsked,
      },
    ],
  };
}

function time(seconds: number): string {
  return seconds >= 90 ? `${(seconds / 60).toPrecision(2)} minutes` : `${seconds.toPrecision(2)} s`;
}
