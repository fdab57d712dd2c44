import type { Edge, Graph } from '../graph/graph.ts';
import { replaceNodes } from '../graph/replace.ts';
import { ScaledSum } from '../graph/scaled-sum.ts';

/**
 * Computes sum + factor x in one pass over the memory of `sum`, where Mul and Add need two and memory for what is between: as a
 * convolution of one channel by a 1x1 kernel, which ONNX Runtime's own FusedConv adds to another map. Updates of parameters that the
 * processor's caches do not hold wait for memory most of the time.
 * @param places where this is wanted
 */
export function sumInPlace(graph: Graph, places: ReadonlySet<string>): void {
  replaceNodes(graph, ({ meaning, inputs, place, outputs: [result] }) => {
    if (!(meaning instanceof ScaledSum) || !places.has(place)) return undefined;
    const [sum, x, factor] = inputs as [Edge, Edge, Edge];
    // A result of the graph may lie where an input does. If that is x, FusedConv would copy `sum` over it before it has read it.
    const mayLieInX = graph.outputs.some((output) => output === result) && isInput(graph, x);
    if (!mayLieInX) return accumulate(graph, sum, x, factor);
    const rest = graph.emit('Sub', [factor, graph.float32([1])]);
    return graph.emit('Add', [x, accumulate(graph, sum, x, rest)]);
  });
}

function accumulate(graph: Graph, sum: Edge, x: Edge, factor: Edge): Edge {
  const kernel = graph.reshape(factor, [1, 1, 1, 1]);
  return graph.emit('com.microsoft.FusedConv', [x, kernel, noBias, sum], { kernel_shape: [1, 1] });
}

/** An optional input that is left out. */
const noBias: Edge = { name: '' };

/** Whether an edge is an input of the graph, perhaps in another shape. */
function isInput(graph: Graph, edge: Edge): boolean {
  const producer = graph.nodes.find(({ outputs }) => outputs[0] === edge);
  if (producer?.op === 'Reshape') return isInput(graph, producer.inputs[0]!);
  return graph.inputs.some((input) => input === edge);
}
