import { type Edge, fixed, type Graph, type Value } from '../../graph/graph.ts';
import { hardestPixels } from './hard-pixels.ts';
import { type Labels, validOf } from './labels.ts';

/** Over the valid pixels of the minibatch. */
export const lossNormalizations = ['sum', 'mean'] as const;
export type LossNormalization = (typeof lossNormalizations)[number];

/** How a loss that is a sum over pixels counts them. */
export interface PixelLossOptions {
  /** Default: mean. */
  readonly normalization?: LossNormalization | undefined;
  /** What a pixel of each class counts, not negative; default: all 1. */
  readonly classWeights?: readonly number[] | null | undefined;
  /** The share of each image's valid pixels that counts, the hardest first; default: 1, all. See hard-pixels.ts. */
  readonly hardPixels?: number | undefined;
}

/** A loss that is a sum over pixels, or their mean. */
export interface PixelLoss {
  /** A scalar. */
  readonly loss: Value;
  /** How many pixels counted, a float32 scalar: with class weights, the sum of theirs. */
  readonly validPixels: Edge;
}

/** What each pixel counts: 0 where its label is void. float32 [N, 1, H, W] */
export function pixelWeights(
  graph: Graph,
  scores: Value,
  labels: Labels,
  { classWeights, hardPixels = 1 }: PixelLossOptions,
): Edge {
  const numClasses = fixed(scores.shape[1]);
  if (classWeights && classWeights.length !== numClasses) {
    throw new Error(`got ${classWeights.length} class weights, expected ${numClasses}`);
  }
  const weights = classWeights
    ? graph.emit('Gather', [weightOfLabel(graph, classWeights), labels.labels])
    : validOf(graph, scores, labels);
  if (hardPixels === 1) return weights;
  return graph.emit('Mul', [weights, hardestPixels(graph, scores, labels, hardPixels)]);
}

/** The weight of each of the 256 values that a label can have: 0 for what is no class. float32 [256] */
function weightOfLabel(graph: Graph, classWeights: readonly number[]): Edge {
  return graph.float32(
    Array.from({ length: 256 }, (_, label) => classWeights[label] ?? 0),
    [256],
  );
}

/** The sum of all elements, a scalar. */
export function sumAll(graph: Graph, x: Edge): Edge {
  return graph.emit('ReduceSum', [x], { keepdims: 0 });
}

/**
 * What a sum over pixels is multiplied by, a scalar: 1 for `sum`, 1 / validPixels for `mean`. Where no pixel counts, the sum
 * is 0, and so is the mean.
 */
export function scaleOf(
  graph: Graph,
  validPixels: Edge,
  { normalization = 'mean', classWeights }: PixelLossOptions,
): Edge {
  if (normalization === 'sum') return graph.float32([1]);
  // What the mean over no pixel is divided by: it must not be 0, nor above what a pixel may count.
  const least = Math.min(...(classWeights ?? [1]).filter((weight) => weight > 0));
  return graph.emit('Reciprocal', [graph.emit('Max', [validPixels, graph.float32([least])])]);
}
