import type { Edge, Graph, Node, Value } from '../graph/graph.ts';

/**
 * `rate`, available only once every node that reads `weight` in the graph so far has run. An update that uses it may
 * overwrite the weight in place: a runtime orders nodes by their data alone, so the order must be data.
 *
 * Each reader adds an empty slice of its result, which costs nothing: the concatenation still has the one element.
 * @param rate float32 [1]
 */
export function afterReaders(graph: Graph, rate: Edge, weight: Value): Edge {
  const readers = readersOf(graph, weight);
  // The first one belongs to the forward pass. That is over by the time there is a gradient, so it need not be waited for,
  // which would keep its result in memory. (Where a layer is applied more than once, others of the forward pass are.)
  const backwardReaders = readers.slice(1);
  if (backwardReaders.length === 0) return rate;
  const nothing = backwardReaders.map(({ outputs: [result] }) => {
    const empty = graph.emit('Slice', [result, graph.int64([0]), graph.int64([0]), graph.int64([0])]);
    return graph.emit('Reshape', [empty, graph.int64([0])], { allowzero: 1 });
  });
  return graph.emit('Concat', [rate, ...nothing], { axis: 0 });
}

/** What a runtime may turn into a view of its input, or apply to a result instead of an input. */
const rearrangements = ['Reshape', 'Transpose', 'Slice'];

/** The nodes that compute with a value, rearranged or not. */
function readersOf(graph: Graph, edge: Edge): Node[] {
  return graph.nodes
    .filter(({ inputs }) => inputs.includes(edge))
    .flatMap((node) => (rearrangements.includes(node.op) ? readersOf(graph, node.outputs[0]) : [node]));
}
