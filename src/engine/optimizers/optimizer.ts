import { averagingRateAt } from './averaging.ts';
import type { Schedule, Transformation } from './transformation.ts';

/**
 * How weights follow their gradients: a chain of transformations, and then, always,
 *
 *   w' = w - rate * rateFactor * (what the chain makes of the gradient)
 *
 * Descriptions only: nothing is emitted and no state is held before a training step is compiled from one.
 */
export interface Optimizer {
  /** In order: the first is given the gradient. */
  readonly links: readonly Transformation[];
  readonly rate: Schedule;
  /** Decay of the moving average of the weights (averaging.ts); 0: none is kept. */
  readonly averaging: number;
}

/** The learning rate: a number, or a function of the number of updates that came before. */
export type Rate = number | Schedule;

export interface OptimizerOptions {
  readonly rate: Rate;
  /** Decay of a moving average of the weights, such as 0.999; 0, the default: none is kept. */
  readonly averaging?: number;
}

/** The kind of state that holds the moving average of the weights, and starts as they do. All other kinds start at 0. */
export const averageKind = 'average';

/** An optimizer of these links. @throws where a link other than the first needs all gradients together. */
export function chain(
  { rate, averaging = 0 }: OptimizerOptions,
  ...links: readonly Transformation[]
): Optimizer {
  if (links.slice(1).some(({ gather }) => gather)) {
    throw new Error('chain: a link that needs the gradients of all parameters together must be the first');
  }
  const kinds = links.flatMap(({ kinds = [] }) => kinds);
  if (new Set(kinds).size < kinds.length) {
    throw new Error(`chain: two links keep state of the same kind: ${kinds.join(', ')}`);
  }
  return { links, rate: typeof rate === 'number' ? () => rate : rate, averaging };
}

/** Every kind of state that is kept for each parameter, the average last. */
export function kindsOf({ links, averaging }: Optimizer): string[] {
  return [...links.flatMap(({ kinds = [] }) => kinds), ...(averaging > 0 ? [averageKind] : [])];
}

/** What an optimizer feeds at each step: `learning_rate`, `averaging_rate` where averages are kept, and its links' own. */
export function scalarsOf({ links, rate, averaging }: Optimizer): Readonly<Record<string, Schedule>> {
  return {
    learning_rate: rate,
    ...(averaging > 0 && { averaging_rate: (update: number) => averagingRateAt(averaging, update) }),
    ...Object.assign({}, ...links.map(({ scalars }) => scalars)),
  };
}

/** The link whose carry can be added to the gradient while that is computed: all before it only add. */
export function carriedLink({ links }: Optimizer): Transformation | undefined {
  const first = links.find(({ adds }) => !adds);
  return first?.carry && first;
}
