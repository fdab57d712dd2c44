import type { Edge } from './edge.ts';
import type { Graph } from './graph.ts';

/** Removes the nodes and constants that no result needs: by default, no output of the graph. */
export function removeUnused(graph: Graph, results: readonly Edge[] = graph.outputs): void {
  const used = new Set(results);
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

/** The results of nodes that no node uses: those of a graph whose outputs are still to be named. */
export function unusedResults({ nodes }: Graph): Edge[] {
  const used = new Set(nodes.flatMap(({ inputs }) => inputs));
  return nodes.flatMap(({ outputs }) => outputs).filter((edge) => !used.has(edge));
}
