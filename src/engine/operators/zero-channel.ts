import { fixed, type Graph, type Value } from '../graph/graph.ts';

/**
 * A map whose first channel is zero, whatever comes in: y[n, c] = x[n, c] where c > 0, else 0; dx = dy likewise.
 *
 * @param x [N, C, H, W]
 * @returns [N, C, H, W]
 */
export function zeroFirstChannel(graph: Graph, x: Value): Value {
  const channels = fixed(x.shape[1]);
  const kept = graph.float32(
    Array.from({ length: channels }, (_, c) => (c === 0 ? 0 : 1)),
    [channels, 1, 1],
  );
  const y = graph.emitValue('Mul', [x, kept], {}, 'float32', x.shape);
  return graph.differentiable(y, [[x, (dy) => graph.emit('Mul', [dy, kept])]]);
}
