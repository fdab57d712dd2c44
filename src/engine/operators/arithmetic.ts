import type { Graph, Value } from '../graph/graph.ts';
import type { GradientRule } from '../graph/tape.ts';

/** y = a + b, shapes equal; da = db = dy. Fuses the predictions of two layers. */
export function add(graph: Graph, a: Value, b: Value): Value {
  const y = graph.emitValue('Add', [a, b], {}, 'float32', a.shape);
  return graph.differentiable(y, [
    [a, (dy) => dy],
    [b, (dy) => dy],
  ]);
}

/** y = max(a, b), shapes equal. The larger of two gets dy, and equal ones get half of it each, as in PyTorch's `maximum`. */
export function maximum(graph: Graph, a: Value, b: Value): Value {
  const y = graph.emitValue('Max', [a, b], {}, 'float32', a.shape);
  const ruleOf =
    (one: Value, other: Value): GradientRule =>
    (dy) => {
      const [isLarger, isSmaller] = (['Greater', 'Less'] as const).map((op) =>
        graph.cast(graph.emit(op, [one, other]), 'float32'),
      );
      const sign = graph.emit('Sub', [isLarger!, isSmaller!]); // 1, 0 or -1
      const twice = graph.emit('Add', [sign, graph.float32([1])]);
      return graph.emit('Mul', [graph.emit('Mul', [dy, graph.float32([0.5])]), twice]);
    };
  return graph.differentiable(y, [
    [a, ruleOf(a, b)],
    [b, ruleOf(b, a)],
  ]);
}

/** y = factor x; dx = factor dy. The at-once network scales its skips so (Shelhamer et al. 2017, section 4.3). */
export function scale(graph: Graph, x: Value, factor: number): Value {
  const y = graph.emitValue('Mul', [x, graph.float32([factor])], {}, 'float32', x.shape);
  return graph.differentiable(y, [[x, (dy) => graph.emit('Mul', [dy, graph.float32([factor])])]]);
}
