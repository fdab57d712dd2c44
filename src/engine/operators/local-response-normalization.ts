import type { Edge, Graph, Value } from '../graph/graph.ts';

/**
 * Local response normalization across channels (Krizhevsky et al. 2012, section 3.3, as Caffe has it: k = 1, and a mean
 * in place of the sum). Neighbors are `size` channels, (size - 1) / 2 on each side; those beyond the ends count as 0.
 *
 *   s[c] = 1 + alpha * mean over the neighbors d of c of x[d]^2
 *   y[c] = x[c] s[c]^-beta
 *   dx[c] = dy[c] s[c]^-beta - 2 alpha beta * x[c] * mean over the neighbors d of c of dy[d] y[d] / s[d]
 *
 * ONNX's own LRN is several times slower than this on a CPU, and its Pow than a logarithm and an exponential.
 *
 * @param x [N, C, H, W]
 * @param options size: odd
 * @returns [N, C, H, W]
 */
export function localResponseNormalization(
  graph: Graph,
  x: Value,
  { size, alpha, beta }: { size: number; alpha: number; beta: number },
): Value {
  if (size % 2 === 0) throw new Error(`localResponseNormalization: got size ${size}, expected an odd number`);
  const scaled = (edge: Edge, factor: number) => graph.emit('Mul', [edge, graph.float32([factor])]);

  const energy = meanOfNeighbors(graph, graph.emit('Mul', [x, x]), size);
  const s = graph.emit('Add', [scaled(energy, alpha), graph.float32([1])]);
  const power = graph.emit('Exp', [scaled(graph.emit('Log', [s]), -beta)]); // s^-beta
  const y = graph.emitValue('Mul', [x, power], {}, 'float32', x.shape);
  return graph.differentiable(y, [
    [
      x,
      (dy) => {
        const shares = graph.emit('Div', [graph.emit('Mul', [dy, y]), s]);
        const mean = meanOfNeighbors(graph, shares, size);
        const indirect = graph.emit('Mul', [x, scaled(mean, 2 * alpha * beta)]);
        return graph.emit('Sub', [graph.emit('Mul', [dy, power]), indirect]);
      },
    ],
  ]);
}

/** For each channel the mean of it and its neighbors: pooling with the channels as an axis of space. */
function meanOfNeighbors(graph: Graph, x: Edge, size: number): Edge {
  const reach = (size - 1) / 2;
  const volume = graph.emit('Unsqueeze', [x, graph.int64([1])]); // [N, 1, C, H, W]
  const means = graph.emit('AveragePool', [volume], {
    kernel_shape: [size, 1, 1],
    pads: [reach, 0, 0, reach, 0, 0],
    count_include_pad: 1,
  });
  return graph.emit('Squeeze', [means, graph.int64([1])]);
}
