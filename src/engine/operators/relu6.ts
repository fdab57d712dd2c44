import type { Graph, Value } from '../graph/graph.ts';
import { RectifierGradient } from './rectifier-gradient.ts';

/** Rectified linear unit that ends at six (MobileNet): y = min(max(x, 0), 6); dx = dy where 0 < y < 6, else 0. Any shape. */
export function relu6(graph: Graph, x: Value): Value {
  const y = graph.emitValue('Clip', [x, graph.float32([0]), graph.float32([6])], {}, 'float32', x.shape);
  return graph.differentiable(y, [
    [x, (dy) => graph.emit('RectifierGradient', [dy, y], {}, new RectifierGradient(6))],
  ]);
}
