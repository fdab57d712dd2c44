import { plusTimes } from '../graph/scaled-sum.ts';
import type { Transformation } from './transformation.ts';

/**
 * Weight decay: adds weightDecay * w to the gradient. Before a link that scales gradients it is the gradient of
 * weightDecay / 2 * |w|^2 (L2 regularization); behind all of them it is decoupled from them (Loshchilov & Hutter 2019).
 */
export function decay(weightDecay: number): Transformation {
  return {
    adds: true,
    emit(graph, gradient, { weight, rule: { decayFactor = 1 } }) {
      const factor = weightDecay * decayFactor;
      if (factor === 0) return { gradient };
      return { gradient: plusTimes(graph, gradient, weight, factor) };
    },
  };
}
