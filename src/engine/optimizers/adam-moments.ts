import { plusTimes } from '../graph/scaled-sum.ts';
import type { Schedule, Transformation } from './transformation.ts';

export interface MomentsConfig {
  /** Decay of the mean of the gradients and of the mean of their squares. */
  readonly betas: readonly [number, number];
  /** Keeps the division finite; added behind the root. */
  readonly epsilon: number;
}

/**
 * Adam's normalized gradient (Kingma & Ba 2015, algorithm 1), the t-th step being the first of t = 1, 2, ...:
 *
 *   m' = beta1 m + (1 - beta1) g   = m + (1 - beta1) (g - m)
 *   v' = beta2 v + (1 - beta2) g^2 = v + (1 - beta2) (g^2 - v)
 *   result = (m' / (1 - beta1^t)) / (sqrt(v') / sqrt(1 - beta2^t) + epsilon)
 *          = correction m' / (sqrt(v') + offset)
 *
 * with the correction and the offset in the order at the end of their section 2. Both are inputs: the powers are computed in
 * double precision.
 */
export function adamMoments({ betas: [beta1, beta2], epsilon }: MomentsConfig): Transformation {
  const ofSquares = (update: number) => Math.sqrt(1 - beta2 ** (update + 1));
  const correction: Schedule = (update) => ofSquares(update) / (1 - beta1 ** (update + 1));
  const offset: Schedule = (update) => epsilon * ofSquares(update);
  return {
    kinds: ['first_moment', 'second_moment'],
    scalars: { moment_correction: correction, moment_offset: offset },
    emit(graph, gradient, { state, scalars }) {
      const [m, v] = [state.first_moment!, state.second_moment!];
      const mean = plusTimes(graph, m, graph.emit('Sub', [gradient, m]), 1 - beta1);
      const square = graph.emit('Mul', [gradient, gradient]);
      const meanSquare = plusTimes(graph, v, graph.emit('Sub', [square, v]), 1 - beta2);
      const size = graph.emit('Add', [graph.emit('Sqrt', [meanSquare]), scalars.moment_offset!]);
      const direction = graph.emit('Div', [mean, size]);
      return {
        gradient: graph.emit('Mul', [direction, scalars.moment_correction!]),
        state: { first_moment: mean, second_moment: meanSquare },
      };
    },
  };
}
