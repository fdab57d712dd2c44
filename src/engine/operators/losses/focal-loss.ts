import type { Graph, Value } from '../../graph/graph.ts';
import { labelsOf } from './labels.ts';
import { type PixelLoss, type PixelLossOptions, pixelWeights, scaleOf, sumAll } from './pixel-loss.ts';

/**
 * Focal loss (Lin et al. 2017) with gamma = 2 and no alpha: each class against the rest by a sigmoid, where what is right
 * already counts little. It is FocalLoss of segmentation_models.pytorch in mode multiclass. Void pixels take no part.
 *
 *   v[n, c, i, j] = scores[n, c, i, j], negated where c = label[n, i, j]
 *   q = sigmoid(v), what is missing to a probability of 1;  - log(1 - q) = softplus(v)
 *   loss = scale * sum over c and valid n, i, j of q^2 softplus(v)
 *   dscores = dloss * scale * q^2 (2 (1 - q) softplus(v) + q) where valid, negated where c = label, else 0
 *
 * with scale, class weights and hard pixels as in softmax-loss.ts.
 *
 * @param scores [N, C, H, W]
 * @param label uint8 [N, H, W]
 */
export function focalLoss(
  graph: Graph,
  scores: Value,
  label: Value,
  options: PixelLossOptions = {},
): PixelLoss {
  const labels = labelsOf(graph, scores, label);
  const weights = pixelWeights(graph, scores, labels, options);
  const validPixels = sumAll(graph, weights);
  const one = graph.float32([1]);
  const two = graph.float32([2]);

  const sign = graph.emit('Sub', [one, graph.emit('Mul', [labels.oneHot, two])]);
  const v = graph.emit('Mul', [scores, sign]);
  const q = graph.emit('Sigmoid', [v]);
  const softplus = graph.emit('Softplus', [v]);
  const focus = graph.emit('Mul', [graph.emit('Mul', [q, q]), weights]);
  const rows = graph.emit('ReduceSum', [graph.emit('Mul', [focus, softplus]), graph.int64([3])]);
  const scale = scaleOf(graph, validPixels, options);
  const loss = graph.emitValue('Mul', [sumAll(graph, rows), scale], {}, 'float32', []);

  graph.differentiable(loss, [
    [
      scores,
      (dloss) => {
        const right = graph.emit('Mul', [graph.emit('Sub', [one, q]), two]);
        const slope = graph.emit('Add', [graph.emit('Mul', [right, softplus]), q]);
        const dv = graph.emit('Mul', [focus, slope]);
        return graph.emit('Mul', [graph.emit('Mul', [dv, sign]), graph.emit('Mul', [dloss, scale])]);
      },
    ],
  ]);
  return { loss, validPixels };
}
