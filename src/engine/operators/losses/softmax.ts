import type { Edge, Graph } from '../../graph/graph.ts';

/** log softmax over the channels of [N, C, H, W], shifted by the maximum so that no exponential overflows. */
export function logSoftmax(graph: Graph, scores: Edge): Edge {
  const channels = graph.int64([1]);
  const shifted = graph.emit('Sub', [scores, graph.emit('ReduceMax', [scores], { axes: [1], keepdims: 1 })]);
  const normalizer = graph.emit('ReduceSum', [graph.emit('Exp', [shifted]), channels], { keepdims: 1 });
  return graph.emit('Sub', [shifted, graph.emit('Log', [normalizer])]);
}

/** The gradient for scores from that for p = softmax(scores): dscores = p (dp - sum over channels of p dp). */
export function throughSoftmax(graph: Graph, p: Edge, dp: Edge): Edge {
  const product = graph.emit('Mul', [p, dp]);
  const mean = graph.emit('ReduceSum', [product, graph.int64([1])], { keepdims: 1 });
  return graph.emit('Mul', [p, graph.emit('Sub', [dp, mean])]);
}
