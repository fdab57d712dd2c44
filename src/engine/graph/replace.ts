import type { Edge } from './edge.ts';
import type { Graph, Node } from './graph.ts';

/**
 * Goes through the nodes of a graph in their order. Where `replace` emits nodes and returns the edge of the last one, these
 * stand in the node's place from then on, and their result is the node's: whoever holds its edge holds the new result.
 * Where it returns nothing, the node stays.
 */
export function replaceNodes(graph: Graph, replace: (node: Node) => Edge | undefined): void {
  for (const node of graph.nodes.splice(0)) {
    const result = graph.at(node.place, () => replace(node));
    if (result) takeOver(graph, node, result);
    else graph.nodes.push(node);
  }
}

/** Makes the last node produce the edge that another one did. */
export function takeOver(graph: Graph, { op, outputs }: Pick<Node, 'op' | 'outputs'>, result: Edge): void {
  const last = graph.nodes.at(-1);
  if (last?.outputs[0] !== result)
    throw new Error(`replacing ${op}: its result is not that of the last node`);
  last.outputs[0] = outputs[0];
}

/** Replaces every node that stands for several by these. */
export function expandAll(graph: Graph): void {
  replaceNodes(graph, ({ meaning, inputs }) => meaning?.expand?.(graph, inputs));
}
