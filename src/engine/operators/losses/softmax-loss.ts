import type { Graph, Value } from '../../graph/graph.ts';
import { labelsOf } from './labels.ts';
import { type PixelLoss, type PixelLossOptions, pixelWeights, scaleOf, sumAll } from './pixel-loss.ts';
import { logLikelihoods, softmaxOf, timesProbabilities } from './softmax.ts';

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
  const labels = labelsOf(graph, scores, label);
  const weights = pixelWeights(graph, scores, labels, options);
  const validPixels = sumAll(graph, weights);
  const softmax = softmaxOf(graph, scores);
  const counted = graph.emit('Mul', [logLikelihoods(graph, softmax, labels, scores), weights]);
  // Row by row first: a float32 sum over all pixels one after the other, as some runtimes do it, has few digits left.
  const rows = graph.emit('ReduceSum', [counted, graph.int64([3])]);
  const scale = scaleOf(graph, validPixels, options);
  const loss = graph.emitValue('Mul', [graph.emit('Neg', [sumAll(graph, rows)]), scale], {}, 'float32', []);

  graph.differentiable(loss, [
    [
      scores,
      (dloss) => {
        const factor = graph.emit('Mul', [weights, graph.emit('Mul', [dloss, scale])]);
        const probabilities = timesProbabilities(graph, softmax, factor);
        return graph.emit('Sub', [probabilities, graph.emit('Mul', [labels.oneHot, factor])]);
      },
    ],
  ]);
  return { loss, validPixels };
}
