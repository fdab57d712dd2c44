import type { RunConfig } from './run-config.ts';

/**
 * The learning rate of an update (counted from 0): the same for all of the run (the papers), or falling to zero as
 * (1 - iteration / iterations) ^ 0.9 (`poly`: Chen et al., DeepLab, PAMI 2018, section 4.1.2; torchvision's
 * segmentation reference).
 */
export function learningRateAt(
  { schedule, learningRate, iterations }: Pick<RunConfig, 'schedule' | 'learningRate' | 'iterations'>,
  iteration: number,
): number {
  switch (schedule) {
    case 'constant':
      return learningRate;
    case 'poly':
      return learningRate * (1 - iteration / iterations) ** 0.9;
  }
}
