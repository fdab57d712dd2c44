import type { Edge, Graph, Value } from '../graph/graph.ts';

/**
 * Extends height and width by one pixel on each side, repeating the border.
 *
 *   y[n, c, i, j] = x[n, c, min(max(i - 1, 0), H - 1), min(max(j - 1, 0), W - 1)]
 *   dx: dy without its frame, whose sides are added to the rows and columns next to them, its corners to the corners
 *
 * @param x [N, C, H, W]
 * @returns [N, C, H + 2, W + 2]
 */
export function repeatBorder(graph: Graph, x: Value): Value {
  const shape = [x.shape[0]!, x.shape[1]!, graph.unknownSize(), graph.unknownSize()];
  const pads = graph.int64([0, 0, 1, 1, 0, 0, 1, 1]);
  const y = graph.emitValue('Pad', [x, pads], { mode: 'edge' }, 'float32', shape);
  return graph.differentiable(y, [[x, (dy) => foldEnds(graph, foldEnds(graph, dy, 2), 3)]]);
}

/** Takes the first and the last element of an axis away and adds them to their neighbors: [.., n + 2, ..] to [.., n, ..]. */
function foldEnds(graph: Graph, dy: Edge, axis: number): Edge {
  const slice = (start: number, end: number) =>
    graph.emit('Slice', [dy, graph.int64([start]), graph.int64([end]), graph.int64([axis])]);
  const size = graph.emit('Shape', [dy], { start: axis, end: axis + 1 }); // n + 2
  const others = graph.emit('Sub', [size, graph.int64([3])]); // n - 1
  const none = graph.int64([0]);
  /** One slice as the first or last of n, zeros in place of the others. */
  const among = (part: Edge, before: Edge, after: Edge) => {
    const pads = [0, 1, 2, 3].map((a) => (a === axis ? before : none));
    const ends = [0, 1, 2, 3].map((a) => (a === axis ? after : none));
    return graph.emit('Pad', [part, graph.emit('Concat', [...pads, ...ends], { axis: 0 })]);
  };
  const first = among(slice(0, 1), none, others);
  const last = among(slice(-1, Number.MAX_SAFE_INTEGER), others, none);
  return graph.emit('Add', [graph.emit('Add', [slice(1, -1), first]), last]);
}
