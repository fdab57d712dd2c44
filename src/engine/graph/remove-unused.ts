import type { Edge } from './edge.ts';
import type { Graph } from './graph.ts';

/** Removes the nodes and constants that no output of the graph needs. */
export function removeUnused(graph: Graph): void {
  const used = new Set<Edge>(graph.outputs);
  const kept = graph.nodes
    .splice(0)
    .reverse()
    .filter(({ inputs, outputs }) => {
      const isUsed = outputs.some((edge) => used.has(edge));
      if (isUsed) for (const edge of inputs) used.add(edge);
      return isUsed;
    });
  graph.nodes.push(...kept.reverse());
  for (const [key, constant] of graph.constants) if (!used.has(constant)) graph.constants.delete(key);
}
