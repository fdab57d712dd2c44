import { type Edge, fixed, type Graph, type Value } from '../../graph/graph.ts';
import { backFromOrder, descendingOrder, rowLength } from './descending.ts';
import { type Labels, validOf } from './labels.ts';
import { logLikelihoods, softmaxOf } from './softmax.ts';

/**
 * Online hard example mining (Shrivastava et al. 2016) of pixels: of each image, the share of the valid pixels whose
 * cross-entropy is largest.
 *
 *   hardest[n, 0, i, j] = 1 for the max(1, round(share * V[n])) of the V[n] valid pixels of image n with the largest
 *                         - log softmax(scores[n, :, i, j])[label[n, i, j]], else 0
 *
 * The choice is a constant: no gradient flows through it. It is made image by image, so that it does not depend on how a
 * minibatch is cut into micro-batches (Detectron2's `top_k_percent_pixels` ranks the pixels of the batch; mmsegmentation's
 * OHEMPixelSampler keeps a number of pixels, or those below a probability). Class weights do not change the ranks.
 *
 * @returns float32 [N, 1, H, W]; of an image without a valid pixel, one void pixel is 1
 */
export function hardestPixels(graph: Graph, scores: Value, labels: Labels, share: number): Edge {
  const batch = fixed(scores.shape[0]);
  const valid = validOf(graph, scores, labels);
  const likelihoods = logLikelihoods(graph, softmaxOf(graph, scores), labels, scores);
  const entropy = graph.emit('Neg', [graph.emit('Mul', [likelihoods, valid])]); // of void pixels 0
  const voidLast = graph.emit('Add', [entropy, graph.emit('Sub', [valid, graph.float32([1])])]);

  const rows = graph.reshape(voidLast, [batch, -1]);
  const order = descendingOrder(graph, rows);
  const counts = graph.emit('ReduceSum', [graph.reshape(valid, [batch, -1]), graph.int64([1])], {
    keepdims: 1,
  });
  const kept = graph.emit('Round', [graph.emit('Mul', [counts, graph.float32([share])])]);
  const atLeastOne = graph.cast(graph.emit('Max', [kept, graph.float32([1])]), 'int64'); // [N, 1]
  const scalar = (edge: Edge) => graph.emit('Squeeze', [edge]);
  const [first, step] = [scalar(graph.int64([0])), scalar(graph.int64([1]))];
  const ranks = graph.emit('Range', [first, scalar(rowLength(graph, rows)), step]); // [P]
  const isKept = graph.cast(graph.emit('Less', [ranks, atLeastOne]), 'float32'); // [N, P]
  const hardest = backFromOrder(graph, isKept, order, rows);
  return graph.emit('Reshape', [hardest, graph.emit('Shape', [valid])]);
}
