import { inputError } from '../base/errors.ts';
import type { Recipe } from './recipes.ts';
import type { RunConfig } from './run-config.ts';

type Settings = Pick<RunConfig, 'schedule' | 'learningRate' | 'iterations' | 'stepEvery' | 'stepFactor'>;

/**
 * The learning rate of an update (counted from 0):
 * - `constant`: the same for all of the run (the papers);
 * - `step`: times stepFactor after every stepEvery updates (Caffe's lr_policy "step", its gamma and stepsize);
 * - `poly`: falling to zero as (1 - iteration / iterations) ^ 0.9 (Chen et al., DeepLab, PAMI 2018, section 4.1.2;
 *   torchvision's segmentation reference).
 */
export function learningRateAt(
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
  }
}

/** @throws FcnError for steps that are asked for and never made, or whose distance is missing. */
export function checkSchedule({ schedule, stepEvery, stepFactor }: Partial<Recipe>): void {
  if (schedule === 'step' && !stepEvery) {
    throw inputError(
      '--schedule: got step, expected --step-every with it; say after how many iterations to step',
    );
  }
  if (schedule !== 'step' && (stepEvery || stepFactor !== undefined)) {
    const option = stepEvery ? `--step-every: got ${stepEvery}` : `--step-factor: got ${stepFactor}`;
    throw inputError(`${option} without steps, expected schedule step; add --schedule step`);
  }
}
