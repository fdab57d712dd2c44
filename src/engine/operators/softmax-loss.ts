import { type Edge, fixed, type Graph, type Value } from '../graph/graph.ts';

/** Over the valid pixels of the minibatch. */
export const lossNormalizations = ['sum', 'mean'] as const;
export type LossNormalization = (typeof lossNormalizations)[number];

/**
 * Per-pixel multinomial logistic loss with softmax (Long et al. 2015, section 4.3). Pixels whose label is no class
 * (255, void) take no part.
 *
 *   loss = - scale * sum over valid n, i, j of log softmax(scores[n, :, i, j])[label[n, i, j]]
 *   dscores[n, c, i, j] = dloss * scale * (softmax(scores[n, :, i, j])[c] - [c = label[n, i, j]]) where valid, else 0
 *
 * with scale = 1 for `sum` and 1 / (number of valid pixels) for `mean`; the mean over no pixel is 0. With class weights w,
 * each pixel counts w[label[n, i, j]] times, in the sums as in the number (PyTorch's definition).
 *
 * @param scores [N, C, H, W]
 * @param label uint8 [N, H, W]
 * @param classWeights one for each class, not negative; none: all 1
 * @returns loss, a scalar, and the number of valid pixels, a float32 scalar: with class weights, the sum of theirs
 */
export function softmaxLoss(
  graph: Graph,
  scores: Value,
  label: Value,
  normalization: LossNormalization,
  classWeights?: readonly number[],
): { loss: Value; validPixels: Edge } {
  const numClasses = fixed(scores.shape[1]);
  if (classWeights && classWeights.length !== numClasses) {
    throw new Error(`softmaxLoss: got ${classWeights.length} class weights, expected ${numClasses}`);
  }
  const sumAll = (x: Edge) => graph.emit('ReduceSum', [x], { keepdims: 0 });

  const classes = graph.int32(
    Array.from({ length: numClasses }, (_, c) => c),
    [1, numClasses, 1, 1],
  );
  const labels = graph.emit('Unsqueeze', [graph.cast(label, 'int32'), graph.int64([1])]); // [N, 1, H, W]
  const oneHot = graph.cast(graph.emit('Equal', [labels, classes]), 'float32'); // [N, C, H, W]
  const weights = classWeights
    ? graph.emit('Gather', [weightOfLabel(graph, classWeights), labels])
    : graph.cast(graph.emit('Less', [labels, graph.int32([numClasses])]), 'float32'); // [N, 1, H, W], 0 where not valid
  const target = classWeights ? graph.emit('Mul', [oneHot, weights]) : oneHot;
  const validPixels = sumAll(weights);

  // What the mean over no pixel is divided by: it must not be 0, nor above what a pixel may count.
  const least = Math.min(...(classWeights ?? [1]).filter((weight) => weight > 0));
  const logProbabilities = logSoftmax(graph, scores);
  // Row by row first: a float32 sum over all pixels one after the other, as some runtimes do it, has few digits left.
  const rows = graph.emit('ReduceSum', [graph.emit('Mul', [logProbabilities, target]), graph.int64([3])]);
  const logLikelihood = sumAll(rows);
  const scale =
    normalization === 'mean'
      ? graph.emit('Reciprocal', [graph.emit('Max', [validPixels, graph.float32([least])])])
      : graph.float32([1]);
  const loss = graph.emitValue('Mul', [graph.emit('Neg', [logLikelihood]), scale], {}, 'float32', []);

  graph.differentiable(loss, [
    [
      scores,
      (dloss) => {
        const probabilities = graph.emit('Exp', [logProbabilities]);
        const error = graph.emit('Sub', [graph.emit('Mul', [probabilities, weights]), target]);
        return graph.emit('Mul', [error, graph.emit('Mul', [dloss, scale])]);
      },
    ],
  ]);
  return { loss, validPixels };
}

/** The weight of each of the 256 values that a label can have: 0 for what is no class. float32 [256] */
function weightOfLabel(graph: Graph, classWeights: readonly number[]): Edge {
  return graph.float32(
    Array.from({ length: 256 }, (_, label) => classWeights[label] ?? 0),
    [256],
  );
}

/** log softmax over the channels, shifted by the maximum so that no exponential overflows. */
function logSoftmax(graph: Graph, scores: Edge): Edge {
  const channels = graph.int64([1]);
  const shifted = graph.emit('Sub', [scores, graph.emit('ReduceMax', [scores], { axes: [1], keepdims: 1 })]);
  const normalizer = graph.emit('ReduceSum', [graph.emit('Exp', [shifted]), channels], { keepdims: 1 });
  return graph.emit('Sub', [shifted, graph.emit('Log', [normalizer])]);
}
