import type { Graph, Value } from '../graph/graph.ts';
import type { GradientRule } from '../graph/tape.ts';
import { RectifierGradient } from './rectifier-gradient.ts';

/**
 * Rectified linear unit: y = max(x, 0); dx = dy where y > 0, else 0 dy: a dy that is not finite stays so. Any shape.
 */
export function relu(graph: Graph, x: Value): Value {
  const y = graph.emitValue('Relu', [x], {}, 'float32', x.shape);
  const rule: GradientRule = (dy) =>
    graph.emit('RectifierGradient', [dy, y], {}, new RectifierGradient(Infinity));
  return graph.differentiable(y, [[x, rule]], { kernel: 1, stride: 1, apply: (part) => relu(graph, part) });
}
