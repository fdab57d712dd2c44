import { type Edge, fixed, type Graph, type Value } from '../../graph/graph.ts';
import { spatialSize } from '../layout.ts';
import type { Labels } from './labels.ts';

/** The softmax over the channels of scores: exponentials / sums. */
export interface Softmax {
  /** The scores less the largest one of their pixel, so that no exponential overflows. [N, C, H, W] */
  readonly shifted: Edge;
  /** [N, C, H, W] */
  readonly exponentials: Edge;
  /** From 1 to C. [N, 1, H, W] */
  readonly sums: Edge;
}

export function softmaxOf(graph: Graph, scores: Value): Softmax {
  const shifted = graph.emit('Sub', [scores, graph.emit('ReduceMax', [scores], { axes: [1], keepdims: 1 })]);
  const exponentials = graph.emit('Exp', [shifted]);
  return { shifted, exponentials, sums: sumOverChannels(graph, exponentials, fixed(scores.shape[1])) };
}

/** Probabilities, times a number for each pixel. @param factor [N, 1, H, W], or a scalar */
export function timesProbabilities(graph: Graph, { exponentials, sums }: Softmax, factor: Edge): Edge {
  return graph.emit('Mul', [exponentials, graph.emit('Div', [factor, sums])]); // the small maps first
}

/** The logarithm of the probability that each pixel's label has; some number where it is void. [N, 1, H, W] */
export function logLikelihoods(
  graph: Graph,
  { shifted, sums }: Softmax,
  { labels }: Labels,
  scores: Value,
): Edge {
  const lastClass = graph.int32([fixed(scores.shape[1]) - 1]);
  const classes = graph.emit('Min', [labels, lastClass]);
  const ofLabels = graph.emit('GatherElements', [shifted, classes], { axis: 1 });
  return graph.emit('Sub', [ofLabels, graph.emit('Log', [sums])]);
}

/**
 * The gradient for scores from that for p = softmax(scores): dscores = p (dp - sum over channels of p dp).
 * @param scores of which the number of channels is read
 */
export function throughSoftmax(graph: Graph, p: Edge, dp: Edge, scores: Value): Edge {
  const mean = sumOverChannels(graph, graph.emit('Mul', [p, dp]), fixed(scores.shape[1]));
  return graph.emit('Mul', [p, graph.emit('Sub', [dp, mean])]);
}

/** [N, C, H, W] to [N, 1, H, W]: a matrix product, which takes a third of the time of ReduceSum for single images. */
function sumOverChannels(graph: Graph, x: Edge, channels: number): Edge {
  const ones = graph.float32(new Array<number>(channels).fill(1), [1, channels]);
  const sums = graph.emit('MatMul', [ones, graph.reshape(x, [0, 0, -1])]);
  const shape = graph.emit('Concat', [graph.int64([0, 1]), spatialSize(graph, x)], { axis: 0 });
  return graph.emit('Reshape', [sums, shape]);
}
