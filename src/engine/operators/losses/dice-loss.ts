import type { Edge, Graph, Value } from '../../graph/graph.ts';
import { labelsOf, validOf } from './labels.ts';
import { sumAll } from './pixel-loss.ts';
import { softmaxOf, throughSoftmax, timesProbabilities } from './softmax.ts';

/**
 * Dice loss (Milletari et al. 2016): what is missing to an overlap of 1 between the probabilities of a class and its pixels,
 * over all valid pixels of the minibatch, on average over the K classes that occur in its labels. Void pixels take no part.
 *
 *   p = softmax(scores) over the classes;  t[n, c, i, j] = [c = label[n, i, j]]
 *   dice[c] = 2 sum(p t) / (sum(p) + sum(t)), sums over valid n, i, j
 *   loss = 1/K * sum over classes c that occur of (1 - dice[c]); 0 where none does
 *   dp[n, c, i, j] = dloss / K * (dice[c] - 2 t) / (sum(p) + sum(t)) where valid and c occurs, else 0
 *
 * It is DiceLoss of segmentation_models.pytorch in mode multiclass with smooth 0, but for the number that is divided by: all
 * classes there, so that its values are K / C times these. Here they go from 0 to 1 whatever the number of classes.
 *
 * @param scores [N, C, H, W]
 * @param label uint8 [N, H, W]
 * @returns a scalar
 */
export function diceLoss(graph: Graph, scores: Value, label: Value): Value {
  const labels = labelsOf(graph, scores, label);
  const valid = validOf(graph, scores, labels);
  const t = labels.oneHot;
  const p = timesProbabilities(graph, softmaxOf(graph, scores), valid); // 0 where a pixel is void
  const one = graph.float32([1]);
  const two = graph.float32([2]);

  const pixels = sumPixels(graph, t);
  const occurs = graph.cast(graph.emit('Greater', [pixels, graph.float32([0])]), 'float32'); // [1, C, 1, 1]
  const overlap = sumPixels(graph, graph.emit('Mul', [p, t]));
  const sums = graph.emit('Add', [sumPixels(graph, p), pixels]);
  // A class that occurs has a pixel: only sums of others are below 1.
  const divisor = graph.emit('Max', [sums, one]);
  const dice = graph.emit('Div', [graph.emit('Mul', [overlap, two]), divisor]);
  const share = graph.emit('Div', [occurs, graph.emit('Max', [sumAll(graph, occurs), one])]);
  const missing = graph.emit('Sub', [one, dice]);
  const terms = graph.emit('Mul', [missing, share]);
  const loss = graph.emitValue('ReduceSum', [terms], { keepdims: 0 }, 'float32', []);

  return graph.differentiable(loss, [
    [
      scores,
      (dloss) => {
        // Numbers of a class first, so that few products are of all pixels.
        const factor = graph.emit('Mul', [graph.emit('Div', [share, divisor]), dloss]);
        const ofLabels = graph.emit('Mul', [t, graph.emit('Mul', [factor, two])]);
        const dp = graph.emit('Sub', [graph.emit('Mul', [dice, factor]), ofLabels]);
        return throughSoftmax(graph, p, dp, scores);
      },
    ],
  ]);
}

/** Of each class, the sum over the pixels of the minibatch. [N, C, H, W] to [1, C, 1, 1]; row by row first, as in softmaxLoss. */
function sumPixels(graph: Graph, x: Edge): Edge {
  const rows = graph.emit('ReduceSum', [x, graph.int64([3])], { keepdims: 1 });
  return graph.emit('ReduceSum', [rows, graph.int64([0, 2])], { keepdims: 1 });
}
