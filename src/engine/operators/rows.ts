import type { Edge, Graph, Value } from '../graph/graph.ts';
import { zerosAround } from './layout.ts';

/**
 * The rows of a feature map from `start` to before `end`, int64 [1] each; dx is dy in their place, zeros elsewhere.
 *
 * @param x [N, C, H, W]
 * @returns [N, C, end - start, W]
 */
export function takeRows(graph: Graph, x: Value, start: Edge, end: Edge): Value {
  const shape = [x.shape[0]!, x.shape[1]!, graph.unknownSize(), x.shape[3]!];
  const y = graph.emitValue('Slice', [x, start, end, graph.int64([2])], {}, 'float32', shape);
  return graph.differentiable(y, [
    [
      x,
      (dy) => {
        const height = graph.emit('Shape', [x], { start: 2, end: 3 });
        const rowsAlone = (count: Edge) => graph.emit('Concat', [count, graph.int64([0])], { axis: 0 });
        return zerosAround(graph, dy, rowsAlone(start), rowsAlone(graph.emit('Sub', [height, end])));
      },
    ],
  ]);
}

/**
 * Two feature maps, one below the other; each gets its own rows of dy back.
 *
 * @param top [N, C, H, W]
 * @param bottom [N, C, H', W]
 * @returns [N, C, H + H', W]
 */
export function stackRows(graph: Graph, top: Value, bottom: Value): Value {
  const shape = [top.shape[0]!, top.shape[1]!, graph.unknownSize(), top.shape[3]!];
  const y = graph.emitValue('Concat', [top, bottom], { axis: 2 }, 'float32', shape);
  const height = () => graph.emit('Shape', [top], { start: 2, end: 3 });
  const part = (dy: Edge, start: Edge, end: Edge) => graph.emit('Slice', [dy, start, end, graph.int64([2])]);
  return graph.differentiable(y, [
    [top, (dy) => part(dy, graph.int64([0]), height())],
    [bottom, (dy) => part(dy, height(), graph.int64([Number.MAX_SAFE_INTEGER]))],
  ]);
}
