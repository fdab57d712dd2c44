import { type Edge, fixed, type Graph, type Value } from '../../graph/graph.ts';
import { backFromOrder, descendingOrder, inOrder } from './descending.ts';
import { labelsOf, validOf } from './labels.ts';
import { sumAll } from './pixel-loss.ts';
import { softmaxOf, throughSoftmax, timesProbabilities } from './softmax.ts';

/**
 * Lovász-Softmax loss (Berman et al. 2018): the convex extension of 1 - IoU to probabilities, over all valid pixels of the
 * minibatch, on average over the K classes that occur in its labels. It is LovaszLoss of segmentation_models.pytorch in
 * mode multiclass. Void pixels take no part.
 *
 *   p = softmax(scores) over the classes;  t[n, c, i, j] = [c = label[n, i, j]];  e = |t - p|
 *   loss = 1/K * sum over classes c that occur, and valid n, i, j, of g e; 0 where no class occurs
 *   dp = dloss / K * g (1 - 2 t)
 *
 * The weight g of a pixel is what the Jaccard distance 1 - I/U of the class grows by when the pixel becomes wrong, after all
 * of its class that have larger errors: with T = sum(t), and the pixels by falling error,
 *
 *   I = T - (pixels of the class so far, this one included)     U = T + (pixels of other classes so far, this one included)
 *   g = 1 / U for a pixel of the class, I / (U (U - 1)) for another
 *
 * Differences of I/U, which the paper takes, are the same and lose their digits. For the gradient, g is a constant: it
 * changes only where the order does. Of equal errors, the first pixel is the first. Counts are exact to 2^24 pixels.
 *
 * @param scores [N, C, H, W]
 * @param label uint8 [N, H, W]
 * @returns a scalar
 */
export function lovaszLoss(graph: Graph, scores: Value, label: Value): Value {
  const labels = labelsOf(graph, scores, label);
  const valid = validOf(graph, scores, labels);
  const t = labels.oneHot;
  const one = graph.float32([1]);
  const p = timesProbabilities(graph, softmaxOf(graph, scores), one);
  const errors = graph.emit('Abs', [graph.emit('Sub', [t, p])]);

  const voidLast = graph.emit('Add', [
    graph.emit('Mul', [errors, valid]),
    graph.emit('Sub', [valid, one]), // -1
  ]);
  const { weights, pixels } = jaccardWeights(graph, voidLast, t, fixed(scores.shape[1]));
  const occurring = sumAll(graph, graph.cast(graph.emit('Greater', [pixels, graph.float32([0])]), 'float32'));
  const scale = graph.emit('Reciprocal', [graph.emit('Max', [occurring, one])]);
  const rows = graph.emit('ReduceSum', [graph.emit('Mul', [errors, weights]), graph.int64([3])]);
  const loss = graph.emitValue('Mul', [sumAll(graph, rows), scale], {}, 'float32', []);

  return graph.differentiable(loss, [
    [
      scores,
      (dloss) => {
        const sign = graph.emit('Sub', [one, graph.emit('Mul', [t, graph.float32([2])])]);
        const factor = graph.emit('Mul', [dloss, scale]);
        const dp = graph.emit('Mul', [graph.emit('Mul', [weights, sign]), factor]);
        return throughSoftmax(graph, p, dp, scores);
      },
    ],
  ]);
}

/**
 * The weights g. Behind the last pixel of a class I is 0, and so are the weights: those of void pixels, which come last,
 * and all of a class that does not occur.
 * @returns weights [N, C, H, W], and T [C, 1]
 */
function jaccardWeights(
  graph: Graph,
  errors: Edge,
  t: Edge,
  numClasses: number,
): { weights: Edge; pixels: Edge } {
  const classesFirst = (x: Edge) => graph.emit('Transpose', [x], { perm: [1, 0, 2, 3] });
  const asRows = (x: Edge) => graph.reshape(classesFirst(x), [numClasses, -1]); // [C, P]
  const soFar = (x: Edge) => graph.emit('CumSum', [x, graph.int32([1])]);
  const one = graph.float32([1]);

  const rows = asRows(errors);
  const ofClass = asRows(t);
  const pixels = graph.emit('ReduceSum', [ofClass, graph.int64([1])], { keepdims: 1 });
  const order = descendingOrder(graph, rows);
  const sorted = inOrder(graph, ofClass, order);
  const others = graph.emit('Sub', [one, sorted]);
  const intersection = graph.emit('Sub', [pixels, soFar(sorted)]);
  const union = graph.emit('Add', [pixels, soFar(others)]);
  // Only of classes that do not occur is the union before this pixel empty.
  const before = graph.emit('Max', [graph.emit('Sub', [union, one]), one]);
  const ofOthers = graph.emit('Mul', [others, graph.emit('Div', [intersection, before])]);
  const growth = graph.emit('Div', [graph.emit('Add', [sorted, ofOthers]), union]);

  const inPlace = backFromOrder(graph, growth, order, rows);
  const shape = graph.emit('Shape', [classesFirst(t)]);
  return { weights: classesFirst(graph.emit('Reshape', [inPlace, shape])), pixels };
}
