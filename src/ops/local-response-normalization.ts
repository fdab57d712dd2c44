import { type Edge, fixed, type Graph, type Value } from '../graph/graph.ts';

/**
 * Local response normalization across channels (Krizhevsky et al. 2012, section 3.3, as Caffe has it: k = 1, and alpha
 * divided by the size).
 *
 *   s[c] = 1 + alpha / size * sum over |d - c| <= (size - 1) / 2 of x[d]^2
 *   y[c] = x[c] s[c]^-beta
 *   dx[c] = dy[c] s[c]^-beta - 2 alpha beta / size * x[c] * sum over |d - c| <= (size - 1) / 2 of dy[d] y[d] / s[d]
 *
 * @param x [N, C, H, W]
 * @param options size: channels in a sum, odd
 * @returns [N, C, H, W]
 */
export function localResponseNormalization(
  graph: Graph,
  x: Value,
  { size, alpha, beta }: { size: number; alpha: number; beta: number },
): Value {
  if (size % 2 === 0) throw new Error(`localResponseNormalization: got size ${size}, expected an odd number`);
  const attributes = { size, alpha: { float: alpha }, beta: { float: beta }, bias: { float: 1 } };
  const y = graph.emitValue('LRN', [x], attributes, 'float32', x.shape);
  const channels = fixed(x.shape[1]);
  const scaled = (edge: Edge, factor: number) => graph.emit('Mul', [edge, graph.float32([factor])]);
  return graph.differentiable(y, [
    [
      x,
      (dy) => {
        const sums = sumOfNeighbors(graph, graph.emit('Mul', [x, x]), channels, size);
        const s = graph.emit('Add', [scaled(sums, alpha / size), graph.float32([1])]);
        const direct = graph.emit('Mul', [dy, graph.emit('Pow', [s, graph.float32([-beta])])]);
        const ratio = graph.emit('Div', [graph.emit('Mul', [dy, y]), s]);
        const indirect = graph.emit('Mul', [x, sumOfNeighbors(graph, ratio, channels, size)]);
        return graph.emit('Sub', [direct, scaled(indirect, (2 * alpha * beta) / size)]);
      },
    ],
  ]);
}

/** Each channel's sum with its neighbors, (size - 1) / 2 on each side: a 1x1 convolution with a band of ones. */
function sumOfNeighbors(graph: Graph, x: Edge, channels: number, size: number): Edge {
  const reach = (size - 1) / 2;
  const band = Array.from({ length: channels ** 2 }, (_, i) =>
    Math.abs((i % channels) - Math.floor(i / channels)) <= reach ? 1 : 0,
  );
  return graph.emit('Conv', [x, graph.float32(band, [channels, channels, 1, 1])]);
}
