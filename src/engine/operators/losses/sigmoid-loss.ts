import type { Graph, Value } from '../../graph/graph.ts';
import { labelsOf } from './labels.ts';
import { type PixelLoss, type PixelLossOptions, pixelWeights, scaleOf, sumAll } from './pixel-loss.ts';

/**
 * Sigmoid cross-entropy (Shelhamer et al. 2017, section 4.4): each class against the rest, all classes summed. Void pixels take no
 * part.
 *
 *   v[n, c, i, j] = scores[n, c, i, j], negated where c = label[n, i, j];  - log(1 - sigmoid(v)) = softplus(v)
 *   loss = scale * sum over c and valid n, i, j of softplus(v)
 *   dscores = dloss * scale * (sigmoid(scores[n, c, i, j]) - [c = label[n, i, j]]) where valid, else 0
 *
 * with scale, class weights and hard pixels as in softmax-loss.ts.
 *
 * @param scores [N, C, H, W]
 * @param label uint8 [N, H, W]
 */
export function sigmoidLoss(
  graph: Graph,
  scores: Value,
  label: Value,
  options: PixelLossOptions = {},
): PixelLoss {
  const labels = labelsOf(graph, scores, label);
  const weights = pixelWeights(graph, scores, labels, options);
  const validPixels = sumAll(graph, weights);
  const twice = graph.emit('Mul', [labels.oneHot, graph.float32([2])]);
  const sign = graph.emit('Sub', [graph.float32([1]), twice]);
  const softplus = graph.emit('Softplus', [graph.emit('Mul', [scores, sign])]);
  const rows = graph.emit('ReduceSum', [graph.emit('Mul', [softplus, weights]), graph.int64([3])]);
  const scale = scaleOf(graph, validPixels, options);
  const loss = graph.emitValue('Mul', [sumAll(graph, rows), scale], {}, 'float32', []);

  graph.differentiable(loss, [
    [
      scores,
      (dloss) => {
        const probabilities = graph.emit('Sigmoid', [scores]);
        const error = graph.emit('Sub', [probabilities, labels.oneHot]);
        const counted = graph.emit('Mul', [error, weights]);
        return graph.emit('Mul', [counted, graph.emit('Mul', [dloss, scale])]);
      },
    ],
  ]);
  return { loss, validPixels };
}
