import { type Schedule, type Transformation, times } from './transformation.ts';

export interface MomentsConfig {
  /** Decay of the mean of the gradients and of the mean of their squares. */
  readonly betas: readonly [number, number];
  /** Keeps the division finite; added behind the root. */
  readonly epsilon: number;
}

/**
 * Adam's normalized gradient (Kingma & Ba 2015, algorithm 1), the t-th step being the first of t = 1, 2, ...:
 *
 *   m' = beta1 m + (1 - beta1) g;   v' = beta2 v + (1 - beta2) g^2
 *   result = (m' / (1 - beta1^t)) / (sqrt(v') / sqrt(1 - beta2^t) + epsilon)
 *
 * The corrections of both means are inputs: their powers are computed in double precision.
 */
export function adamMoments({ betas: [beta1, beta2], epsilon }: MomentsConfig): Transformation {
  const first: Schedule = (update) => 1 / (1 - beta1 ** (update + 1));
  const second: Schedule = (update) => 1 / Math.sqrt(1 - beta2 ** (update + 1));
  return {
    kinds: ['first_moment', 'second_moment'],
    scalars: { first_moment_correction: first, second_moment_correction: second },
    emit(graph, gradient, { state, scalars }) {
      const mean = graph.emit('Add', [
        times(graph, state.first_moment!, beta1),
        times(graph, gradient, 1 - beta1),
      ]);
      const square = graph.emit('Mul', [gradient, gradient]);
      const meanSquare = graph.emit('Add', [
        times(graph, state.second_moment!, beta2),
        times(graph, square, 1 - beta2),
      ]);
      const root = graph.emit('Mul', [graph.emit('Sqrt', [meanSquare]), scalars.second_moment_correction!]);
      const size = graph.emit('Add', [root, graph.float32([epsilon])]);
      const direction = graph.emit('Mul', [mean, scalars.first_moment_correction!]);
      return {
        gradient: graph.emit('Div', [direction, size]),
        state: { first_moment: mean, second_moment: meanSquare },
      };
    },
  };
}
