import type { Edge, Graph, Value } from '../graph/graph.ts';

/**
 * Reverse-mode differentiation: emits the nodes that compute the gradient of a scalar for every value in `wanted`.
 * Only what leads to a wanted value is emitted; a value that was used several times gets the sum of its gradients.
 * @returns the gradient of each wanted value that the scalar depends on, of the same shape as the value.
 */
export function backward(graph: Graph, scalar: Value, wanted: readonly Value[]): Map<Value, Edge> {
  const needed = valuesLeadingFrom(graph, wanted);
  const gradients = new Map<Value, Edge>([[scalar, graph.float32([1])]]);

  for (const { output, inputs } of [...graph.tape].reverse()) {
    const dy = gradients.get(output);
    if (!dy) continue;
    for (const { value, gradient } of inputs) {
      if (!needed.has(value)) continue;
      const contribution = gradient(dy);
      const sum = gradients.get(value);
      gradients.set(value, sum ? graph.emit('Add', [sum, contribution]) : contribution);
    }
  }

  return new Map(wanted.flatMap((value) => (gradients.has(value) ? [[value, gradients.get(value)!]] : [])));
}

/** The wanted values and everything computed from them. */
function valuesLeadingFrom(graph: Graph, wanted: readonly Value[]): Set<Value> {
  const needed = new Set(wanted);
  for (const { output, inputs } of graph.tape) {
    if (inputs.some(({ value }) => needed.has(value))) needed.add(output);
  }
  return needed;
}
