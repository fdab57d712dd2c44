import { type Transformation, times } from './transformation.ts';

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
      const next = carried ? gradient : graph.emit('Add', [times(graph, state.momentum!, factor), gradient]);
      const ahead = nesterov ? graph.emit('Add', [gradient, times(graph, next, factor)]) : next;
      return { gradient: ahead, state: { momentum: next } };
    },
  };
}
