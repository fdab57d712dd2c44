import { type Edge, fixed, type Graph, type Value } from '../graph/graph.ts';
import type { Carry, TapeInput } from '../graph/tape.ts';

/**
 * Reverse-mode differentiation: emits the nodes that compute the gradient of a scalar for every value in `wanted`.
 * Only what leads to a wanted value is emitted; a value that was used several times gets the sum of its gradients.
 *
 * @param carries what to add to the gradient of a wanted value, if anything: an accumulated gradient, or momentum
 * @returns for each wanted value that the scalar depends on, its gradient (carry included), of the value's shape
 */
export function backward(
  graph: Graph,
  scalar: Value,
  wanted: readonly Value[],
  carries: ReadonlyMap<Value, Carry> = new Map(),
): Map<Value, Edge> {
  const needed = valuesLeadingFrom(graph, wanted);
  const gradients = new Map<Value, Edge>([[scalar, graph.float32([1])]]);

  const emitGradient = (dy: Edge, { value, gradient, carries: canCarry }: TapeInput): Edge => {
    const sum = gradients.get(value);
    const carry = carries.get(value);
    if (canCarry) return gradient(dy, sum ? { edge: sum, factor: 1 } : carry);
    const base = sum ?? (carry && carried(graph, carry, value));
    return base ? graph.emit('Add', [base, gradient(dy)]) : gradient(dy);
  };

  for (const { output, inputs, place } of [...graph.tape].reverse()) {
    const dy = gradients.get(output);
    if (!dy) continue;
    graph.at(place, () => {
      for (const input of inputs) {
        if (needed.has(input.value)) gradients.set(input.value, emitGradient(dy, input));
      }
    });
  }

  return new Map(wanted.flatMap((value) => (gradients.has(value) ? [[value, gradients.get(value)!]] : [])));
}

/** A carry in the shape of its value, multiplied by its factor. */
function carried(graph: Graph, { edge, factor }: Carry, value: Value): Edge {
  const shaped = graph.reshape(edge, value.shape.map(fixed));
  return factor === 1 ? shaped : graph.emit('Mul', [shaped, graph.float32([factor])]);
}

/** The wanted values and everything computed from them. */
function valuesLeadingFrom(graph: Graph, wanted: readonly Value[]): Set<Value> {
  const needed = new Set(wanted);
  for (const { output, inputs } of graph.tape) {
    if (inputs.some(({ value }) => needed.has(value))) needed.add(output);
  }
  return needed;
}
