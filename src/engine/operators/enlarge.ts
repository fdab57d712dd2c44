import type { Edge, Graph, Value } from '../graph/graph.ts';
import { spatialSize, zerosAround } from './layout.ts';

/**
 * An image with zeros below and to the right where it is smaller than `least` pixels, so that no layer runs out of
 * pixels. Not differentiated: what is in front of it is data.
 *
 * @param x [N, C, H, W]
 * @returns [N, C, max(H, least), max(W, least)]
 */
export function enlarge(graph: Graph, x: Value, least: number): Value {
  const nothing = graph.int64([0, 0]);
  const missing = graph.emit('Sub', [graph.int64([least, least]), spatialSize(graph, x)]);
  const after = graph.emit('Max', [missing, nothing]);
  return surround(graph, x, nothing, after);
}

/** An image with zeros around it. Not differentiated. @param before, after rows and columns, int64 [2] */
export function surround(graph: Graph, x: Value, before: Edge, after: Edge): Value {
  const shape = [x.shape[0]!, x.shape[1]!, graph.unknownSize(), graph.unknownSize()];
  return Object.assign(zerosAround(graph, x, before, after), { dtype: x.dtype, shape });
}
