import { plusTimes } from '../graph/scaled-sum.ts';
import type { Transformation } from './transformation.ts';

/**
 * Momentum as PyTorch has it, with the learning rate outside:
 *
 *   v' = factor v + gradient;   the result is v', with Nesterov's gradient + factor v'
 *
 * Without Nesterov's look ahead, factor * v can be carried through the differentiation.
 */
export function momentum(
  factor: number,
  { nesterov = false }: { readonly nesterov?: boolean } = {},
): Transformation {
  return {
    kinds: ['momentum'],
    ...(!nesterov && { carry: { kind: 'momentum', factor } }),
    emit(graph, gradient, { state, carried }) {
      const next = carried ? gradient : plusTimes(graph, gradient, state.momentum!, factor);
      const ahead = nesterov ? plusTimes(graph, gradient, next, factor) : next;
      return { gradient: ahead, state: { momentum: next } };
    },
  };
}
