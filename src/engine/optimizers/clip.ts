import type { Transformation } from './transformation.ts';

/**
 * Scales the gradients of all parameters together so that their length is at most `limit` (Pascanu et al. 2013):
 * times min(1, limit / (norm + 1e-6)), the norm taken over all of them (PyTorch's clip_grad_norm_).
 *
 * No parameter is updated before the gradients of all of them are there: they are in memory at the same time.
 */
export function clipByGlobalNorm(limit: number): Transformation {
  return {
    gather(graph, gradients) {
      // Row by row first: a float32 sum over 100 million squares, one after the other, would end at 2^24 of them.
      const squares = gradients.map(({ gradient, shape: [rows = 1] }) => {
        const matrix = graph.reshape(gradient, [rows, -1]);
        const ofRows = graph.emit('ReduceSumSquare', [matrix], { axes: [1], keepdims: 0 });
        return graph.emit('ReduceSum', [ofRows], { keepdims: 1 });
      });
      const norm = graph.emit('Sqrt', [
        graph.emit('ReduceSum', [graph.emit('Concat', squares, { axis: 0 })], { keepdims: 1 }),
      ]);
      const share = graph.emit('Div', [
        graph.float32([limit]),
        graph.emit('Add', [norm, graph.float32([1e-6])]),
      ]);
      return graph.emit('Min', [share, graph.float32([1])]);
    },
    emit(graph, gradient, { gathered }) {
      return { gradient: graph.emit('Mul', [gradient, gathered!]) };
    },
  };
}
