import { adamw } from '../engine/optimizers/adamw.ts';
import type { Optimizer, Rate } from '../engine/optimizers/optimizer.ts';
import { sgd } from '../engine/optimizers/sgd.ts';
import type { ParameterRule } from '../engine/optimizers/transformation.ts';
import { isOfHead } from './learned-parameters.ts';

export const optimizerNames = ['sgd', 'adamw'] as const;
export type OptimizerName = (typeof optimizerNames)[number];

/** How the weights of a network are updated. */
export interface UpdateConfig {
  /** Default sgd. */
  readonly optimizer?: OptimizerName;
  /** Of sgd. */
  readonly momentum: number;
  readonly nesterov?: boolean;
  /** Of adamw; default 0.9 and 0.999. */
  readonly betas?: readonly [number, number];
  readonly weightDecay: number;
  /** The greatest length of all gradients together; 0, the default: any. */
  readonly clip?: number;
  /** Factor of the learning rate of score layers and deconvolutions; default 1. */
  readonly headRate?: number;
  /** Decay of the moving average of the weights; 0, the default: none is kept. */
  readonly ema?: number;
}

/** @param rate may be left out where an optimizer is asked for its shape alone: a graph does not depend on it. */
export function optimizerOf(config: UpdateConfig, rate: Rate = 0): Optimizer {
  const { optimizer = 'sgd', momentum, nesterov, betas, weightDecay, clip, ema: averaging } = config;
  const shared = { rate, weightDecay, clip, averaging };
  return optimizer === 'sgd' ? sgd({ ...shared, momentum, nesterov }) : adamw({ ...shared, betas });
}

/**
 * Biases learn at twice the rate and do not decay, as in the reference implementation's solvers. The head learns at
 * `headRate` times the rate.
 */
export function ruleOf(
  name: string,
  { headRate = 1 }: Pick<UpdateConfig, 'headRate'>,
): Required<ParameterRule> {
  const isBias = name.endsWith('.bias');
  return {
    rateFactor: (isBias ? 2 : 1) * (isOfHead(name) ? headRate : 1),
    decayFactor: isBias ? 0 : 1,
  };
}
