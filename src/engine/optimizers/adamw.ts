import { adamMoments } from './adam-moments.ts';
import { clipByGlobalNorm } from './clip.ts';
import { decay } from './decay.ts';
import { chain, type Optimizer, type OptimizerOptions } from './optimizer.ts';

export interface AdamwOptions extends OptimizerOptions {
  /** Decay of the mean of the gradients and of the mean of their squares; default [0.9, 0.999]. */
  readonly betas?: readonly [number, number];
  /** Default 1e-8. */
  readonly epsilon?: number;
  /** Default 0.01. */
  readonly weightDecay?: number;
  /** The greatest length of all gradients together; 0, the default: any. */
  readonly clip?: number;
}

/** Adam with decoupled weight decay (Loshchilov & Hutter 2019), with the defaults of torch.optim.AdamW. */
export function adamw(options: AdamwOptions): Optimizer {
  const { betas = [0.9, 0.999], epsilon = 1e-8, weightDecay = 0.01, clip = 0 } = options;
  const limit = clip > 0 ? [clipByGlobalNorm(clip)] : [];
  return chain(options, ...limit, adamMoments({ betas, epsilon }), decay(weightDecay));
}
