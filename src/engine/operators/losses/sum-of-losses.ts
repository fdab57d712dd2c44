import type { Edge, Graph, Value } from '../../graph/graph.ts';
import { add, scale } from '../arithmetic.ts';
import { diceLoss } from './dice-loss.ts';
import { focalLoss } from './focal-loss.ts';
import { labelsOf, validOf } from './labels.ts';
import { lovaszLoss } from './lovasz-loss.ts';
import { type PixelLoss, type PixelLossOptions, sumAll } from './pixel-loss.ts';
import { sigmoidLoss } from './sigmoid-loss.ts';
import { softmaxLoss } from './softmax-loss.ts';

/** Losses that are sums over pixels, so that those of micro-batches add up to that of a minibatch. */
export const pixelLosses = { ce: softmaxLoss, focal: focalLoss, sigmoid: sigmoidLoss };
/** Losses of a minibatch as a whole, from 0 to 1. */
export const regionLosses = { dice: diceLoss, lovasz: lovaszLoss };

export type LossName = keyof typeof pixelLosses | keyof typeof regionLosses;

/** A loss and what it is multiplied by. */
export interface LossTerm {
  readonly name: LossName;
  readonly weight: number;
}

export function isPixelLoss(name: LossName): name is keyof typeof pixelLosses {
  return name in pixelLosses;
}

/**
 * The weighted sum of some losses. The options are those of the losses over pixels; the others are means already.
 *
 * With normalization `sum`, losses of a region are multiplied by the number of pixels that count. Sums over micro-batches,
 * divided once by all pixels, are then the mean of each loss over pixels, and the mean over the micro-batches of each loss
 * of a region, weighted by their pixels.
 * @param terms at least one; each loss once
 */
export function sumOfLosses(
  graph: Graph,
  scores: Value,
  label: Value,
  terms: readonly LossTerm[],
  options: PixelLossOptions = {},
): PixelLoss {
  const overPixels = terms.flatMap(({ name, weight }) => {
    if (!isPixelLoss(name)) return [];
    const { loss, validPixels } = pixelLosses[name](graph, scores, label, options);
    return [{ loss: times(graph, loss, weight), validPixels }];
  });
  const validPixels = overPixels[0]?.validPixels ?? validPixelsOf(graph, scores, label);
  const overRegions = terms.flatMap(({ name, weight }) => {
    if (isPixelLoss(name)) return [];
    const loss = times(graph, regionLosses[name](graph, scores, label), weight);
    return [options.normalization === 'sum' ? timesNumber(graph, loss, validPixels) : loss];
  });
  const losses = [...overPixels.map(({ loss }) => loss), ...overRegions];
  return { loss: losses.reduce((sum, loss) => add(graph, sum, loss)), validPixels };
}

function validPixelsOf(graph: Graph, scores: Value, label: Value): Edge {
  return sumAll(graph, validOf(graph, scores, labelsOf(graph, scores, label)));
}

function times(graph: Graph, loss: Value, weight: number): Value {
  return weight === 1 ? loss : scale(graph, loss, weight);
}

/** A loss times a number that depends on no score. */
export function timesNumber(graph: Graph, loss: Value, number: Edge): Value {
  const product = graph.emitValue('Mul', [loss, number], {}, 'float32', []);
  return graph.differentiable(product, [[loss, (dy) => graph.emit('Mul', [dy, number])]]);
}
