import { clipByGlobalNorm } from './clip.ts';
import { decay } from './decay.ts';
import { momentum } from './momentum.ts';
import { chain, type Optimizer, type OptimizerOptions } from './optimizer.ts';

export interface SgdOptions extends OptimizerOptions {
  /** From 0, the default, to below 1. */
  readonly momentum?: number;
  /** Nesterov's momentum: looks ahead along it. */
  readonly nesterov?: boolean;
  readonly weightDecay?: number;
  /** The greatest length of all gradients together; 0, the default: any. */
  readonly clip?: number;
}

/**
 * Stochastic gradient descent with momentum and weight decay, as torch.optim.SGD:
 *
 *   v' = momentum v + gradient + weightDecay w;   w' = w - rate v'
 *
 * Without clipping and Nesterov's momentum, the matrix product that computes the gradient of a weight adds momentum * v on its way, unless
 * the weight is so large that its plan sums in place.
 */
export function sgd(options: SgdOptions): Optimizer {
  const { momentum: factor = 0, nesterov, weightDecay = 0, clip = 0 } = options;
  const limit = clip > 0 ? [clipByGlobalNorm(clip)] : [];
  return chain(options, ...limit, decay(weightDecay), momentum(factor, { nesterov }));
}
