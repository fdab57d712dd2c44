import type { Graph, Value } from '../../graph/graph.ts';
import { labelsOf } from './labels.ts';
import { type PixelLoss, type PixelLossOptions, pixelWeights, scaleOf, sumAll } from './pixel-loss.ts';
import { logSoftmax } from './softmax.ts';

/**
 * Per-pixel multinomial logistic loss with softmax (Long et al. 2015, section 4.3), also called cross-entropy. Pixels whose
 * label is no class (255, void) take no part.
 *
 *   loss = - scale * sum over valid n, i, j of log softmax(scores[n, :, i, j])[label[n, i, j]]
 *   dscores[n, c, i, j] = dloss * scale * (softmax(scores[n, :, i, j])[c] - [c = label[n, i, j]]) where valid, else 0
 *
 * with scale = 1 for `sum` and 1 / (number of valid pixels) for `mean`; the mean over no pixel is 0. With class weights w,
 * each pixel counts w[label[n, i, j]] times, in the sums as in the number (PyTorch's definition). Where hard pixels are
 * mined, the others count as void ones do.
 *
 * @param scores [N, C, H, W]
 * @param label uint8 [N, H, W]
 */
export function softmaxLoss(
  graph: Graph,
  scores: Value,
  label: Value,
  options: PixelLossOptions = {},
): PixelLoss {
  const { classWeights, hardPixels = 1 } = options;
  const labels = labelsOf(graph, scores, label);
  const weights = pixelWeights(graph, scores, labels, options);
  const isWeighted = classWeights || hardPixels < 1;
  const target = isWeighted ? graph.emit('Mul', [labels.oneHot, weights]) : labels.oneHot;
  const validPixels = sumAll(graph, weights);

  const logProbabilities = logSoftmax(graph, scores);
  // Row by row first: a float32 sum over all pixels one after the other, as some runtimes do it, has few digits left.
  const rows = graph.emit('ReduceSum', [graph.emit('Mul', [logProbabilities, target]), graph.int64([3])]);
  const logLikelihood = sumAll(graph, rows);
  const scale = scaleOf(graph, validPixels, options);
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
