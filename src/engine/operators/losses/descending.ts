import type { Edge, Graph } from '../../graph/graph.ts';

/**
 * Where the elements of each row stand when the largest come first; of equal ones, the first does. int64 [R, P].
 * NaN counts as 0: what there is no order for must not reach the sort.
 * @param rows float32 [R, P]
 */
export function descendingOrder(graph: Graph, rows: Edge): Edge {
  const ordered = graph.emit('Where', [graph.emit('IsNaN', [rows]), graph.float32([0]), rows]);
  return graph.extraOutput(graph.emit('TopK', [ordered, rowLength(graph, rows)], { axis: 1 }));
}

/** The elements of each row in an order. */
export function inOrder(graph: Graph, rows: Edge, order: Edge): Edge {
  return graph.emit('GatherElements', [rows, order], { axis: 1 });
}

/** Undoes `inOrder`. @param like anything of the same type and size; its values do not matter */
export function backFromOrder(graph: Graph, sorted: Edge, order: Edge, like: Edge): Edge {
  return graph.emit('ScatterElements', [like, order, sorted], { axis: 1 });
}

/** The number of elements of a row, int64 [1]. */
export function rowLength(graph: Graph, rows: Edge): Edge {
  return graph.emit('Shape', [rows], { start: 1 });
}
