import { counted } from '../base/counted.ts';
import { inputError } from '../base/errors.ts';
import type { Recipe, Schedule } from './recipes.ts';
import type { RunConfig } from './run-config.ts';

type Settings = Pick<RunConfig, 'schedule' | 'learningRate' | 'iterations' | 'stepEvery' | 'stepFactor'> &
  Partial<Pick<RunConfig, 'warmup'>>;

/**
 * The learning rate of an update (counted from 0):
 * - `constant`: the same for all of the run (the papers);
 * - `step`: times stepFactor after every stepEvery updates (Caffe's lr_policy "step", its gamma and stepsize);
 * - `poly`: falling to zero as (1 - iteration / iterations) ^ 0.9 (Chen et al., DeepLab, PAMI 2018, section 4.1.2;
 *   torchvision's segmentation reference);
 * - `cosine`: falling to zero as half a wave (Loshchilov & Hutter 2017, without restarts; PyTorch's CosineAnnealingLR).
 *
 * During the first `warmup` updates it is that times 1/warmup, 2/warmup, ... (Goyal et al. 2017, section 2.2; PyTorch's
 * LinearLR beside the schedule): the schedule begins with the run, not behind the warm-up.
 */
export function learningRateAt(settings: Settings, iteration: number): number {
  const { warmup = 0 } = settings;
  const scheduled = scheduledRate(settings, iteration);
  return iteration < warmup ? (scheduled * (iteration + 1)) / warmup : scheduled;
}

function scheduledRate(
  { schedule, learningRate, iterations, stepEvery, stepFactor }: Settings,
  iteration: number,
): number {
  switch (schedule) {
    case 'constant':
      return learningRate;
    case 'step':
      return learningRate * stepFactor ** Math.floor(iteration / stepEvery);
    case 'poly':
      return learningRate * (1 - iteration / iterations) ** 0.9;
    case 'cosine':
      return (learningRate * (1 + Math.cos((Math.PI * iteration) / iterations))) / 2;
  }
}

/** Whether the learning rate of an iteration depends on how many there will be. */
export function dependsOnLength(schedule: Schedule): boolean {
  return schedule === 'poly' || schedule === 'cosine';
}

/** @throws FcnError for steps that are asked for and never made, or whose distance is missing. */
export function checkSchedule({ schedule, stepEvery, stepFactor }: Partial<Recipe>): void {
  if (schedule === 'step' && !stepEvery) {
    throw inputError(
      '--schedule: got step, expected --step-every with it; give the number of iterations between steps',
    );
  }
  if (schedule !== 'step' && (stepEvery || stepFactor !== undefined)) {
    const option = stepEvery ? `--step-every: got ${stepEvery}` : `--step-factor: got ${stepFactor}`;
    throw inputError(`${option} without steps, expected schedule step; add --schedule step`);
  }
}

/** @throws FcnError for a warm-up that the run would end in. */
export function checkWarmup({ warmup, iterations }: Pick<RunConfig, 'warmup' | 'iterations'>): void {
  if (warmup === 0 || warmup < iterations) return;
  throw inputError(
    `--warmup: got ${counted(warmup, 'iteration')}, expected fewer than the ${iterations} of the run; choose a tenth of them or less`,
  );
}
