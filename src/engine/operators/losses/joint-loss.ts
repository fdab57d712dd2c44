import type { Graph } from '../../graph/graph.ts';
import { add } from '../arithmetic.ts';
import { type PixelLoss, type PixelLossOptions, scaleOf } from './pixel-loss.ts';
import { timesNumber } from './sum-of-losses.ts';

/** The loss of one of several labelings. */
export type JointTarget = (options: Pick<PixelLossOptions, 'normalization'>) => PixelLoss;

/**
 * The sum of the losses of several labelings of the same images (Long et al. 2015, section 5, SIFT Flow: "jointly"). As a sum over pixels
 * that is what the reference networks minimize. The mean is this sum divided by the mean number of pixels that count in a labeling: where
 * all labelings have the same void pixels, the sum of their means. The number is one for all of them, so that micro-batches add up to what
 * one large batch gives.
 * @param targets at least one; of one the loss is its own
 * @param classWeights of all labelings, where classes have weights
 */
export function jointLoss(
  graph: Graph,
  targets: readonly JointTarget[],
  { normalization = 'mean', classWeights }: Pick<PixelLossOptions, 'normalization' | 'classWeights'>,
): PixelLoss {
  if (targets.length === 1) return targets[0]!({ normalization });
  const parts = targets.map((target) => target({ normalization: 'sum' }));
  const sum = parts.map(({ loss }) => loss).reduce((total, loss) => add(graph, total, loss));
  const counts = parts.map(({ validPixels }) => validPixels);
  const all = counts.reduce((total, count) => graph.emit('Add', [total, count]));
  const validPixels = graph.emit('Mul', [all, graph.float32([1 / targets.length])]);
  if (normalization === 'sum') return { loss: sum, validPixels };
  const counting = (classWeights ?? [1]).map((weight) => weight / targets.length);
  const factor = scaleOf(graph, validPixels, { normalization, classWeights: counting });
  return { loss: timesNumber(graph, sum, factor), validPixels };
}
