import { type Calibration, calibrations } from './ranges.ts';

/** How a network is quantized. */
export interface Choice {
  readonly calibration: Calibration;
  /** The layers of the backbone that compute in float32, as the heads do. */
  readonly floatLayers: readonly string[];
}

/** A choice that was tried, and the fraction of all pixels that get another class by it than in float32. */
export interface Trial extends Choice {
  readonly changed: number;
}

/** What is given is taken; the rest is tried. */
export type ChoiceOptions = { readonly [K in keyof Choice]?: Choice[K] | undefined };

/** A way to calibrate is taken instead of the first one if so much fewer pixels change: less is chance. */
const clearlyFewer = 0.9;

/** Layers are looked at where more of all pixels than this change their class. */
const worthLooking = 0.02;

/** A layer stays float32 if so many of all pixels get the class that they have in float32 back by it. */
const worthFloat = 0.003;

/**
 * Chooses by trying: first how ranges follow from what was seen, then the layers that stay float32, which are those that give most
 * pixels their class back, one after the other.
 *
 * @param layers the names of those that can stay float32
 * @param changedBy quantizes the network in a way, and says which fraction of the pixels changes its class
 * @returns all trials; the last one is the choice
 */
export async function choose(
  layers: readonly string[],
  { calibration, floatLayers }: ChoiceOptions,
  changedBy: (choice: Choice) => Promise<number>,
): Promise<readonly Trial[]> {
  const trials: Trial[] = [];
  const attempt = async (choice: Choice): Promise<Trial> => {
    const trial = { ...choice, changed: await changedBy(choice) };
    trials.push(trial);
    return trial;
  };
  const isBetter = (trial: Trial, best: Trial, by = 0) => best.changed - trial.changed > by;

  const [simplest, ...others] = calibration ? ([calibration] as const) : calibrations;
  const simple = await attempt({ calibration: simplest, floatLayers: floatLayers ?? [] });
  let best = simple;
  for (const each of others) {
    const trial = await attempt({ ...simple, calibration: each });
    if (trial.changed < clearlyFewer * simple.changed && isBetter(trial, best)) best = trial;
  }
  if (!floatLayers && best.changed > worthLooking) {
    const alone: Trial[] = [];
    for (const layer of layers) alone.push(await attempt({ ...best, floatLayers: [layer] }));
    const candidates = alone.filter((trial) => isBetter(trial, best, worthFloat));
    for (const { floatLayers: own } of candidates.sort((a, b) => a.changed - b.changed)) {
      const trial = await attempt({ ...best, floatLayers: [...best.floatLayers, ...own] });
      if (isBetter(trial, best, worthFloat)) best = trial;
    }
  }
  return [...trials.filter((trial) => trial !== best), best];
}
