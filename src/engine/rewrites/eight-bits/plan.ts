import type { Edge, Graph, Node } from '../../graph/graph.ts';
import { canReadPixels, type Pixels } from './pixels.ts';
import { ScaleGroups } from './scale-groups.ts';

/** A node that will work on bytes. */
export interface ByteOperation {
  /** `compute`: arithmetic, between DequantizeLinear and QuantizeLinear. `move`: the bytes stay as they are. */
  readonly kind: 'compute' | 'move';
  /** The inputs that must be bytes. */
  readonly operands: readonly Edge[];
  /** The node behind a convolution that is its activation. */
  readonly activation?: Node;
  /** The edge that becomes bytes: the result of the activation or of the node. */
  readonly result: Edge;
}

export interface QuantizationPlan {
  readonly operations: ReadonlyMap<Node, ByteOperation>;
  readonly groups: ScaleGroups;
  /** The edges of which ranges must be known; those behind moves have none of their own. */
  readonly observed: ReadonlySet<Edge>;
  /** The pixels that the first layer reads as they are. */
  readonly pixels?: Pixels | undefined;
}

/** Operators that only move numbers about, and which of their inputs hold them. */
const moves: Readonly<Record<string, (inputs: readonly Edge[]) => readonly Edge[]>> = {
  MaxPool: ([x]) => [x!],
  Slice: ([x]) => [x!],
  Pad: ([x]) => [x!],
  Concat: (inputs) => inputs,
  Where: ([, a, b]) => [a!, b!],
};

/**
 * What will be computed on bytes: the convolutions whose weights are named, sums of their results (residuals), and whatever
 * moves bytes. Everything else, from the pixels to the first convolution and from the features to the classes, stays as it
 * is.
 * @param pixels what the first layer reads, if that can be bytes at once
 */
export function planQuantization(
  graph: Graph,
  weights: ReadonlySet<string>,
  pixels?: Pixels,
): QuantizationPlan {
  const operations = new Map<Node, ByteOperation>();
  const groups = new ScaleGroups();
  const observed = new Set<Edge>();
  const bytes = new Set<Edge>(pixels ? [pixels.numbers] : []);
  const activations = activationsOf(graph);
  const operationOf = (node: Node): ByteOperation | undefined => {
    const { op, inputs, outputs } = node;
    const [output] = outputs;
    if (op === 'Conv' && weights.has(inputs[1]!.name)) {
      const activation = activations.get(output);
      const result = activation?.outputs[0] ?? output;
      return { kind: 'compute', operands: [inputs[0]!], result, ...(activation && { activation }) };
    }
    if (op === 'Add' && inputs.every((input) => bytes.has(input))) {
      return { kind: 'compute', operands: inputs, result: output };
    }
    const operands = moves[op]?.(inputs);
    return operands?.some((edge) => bytes.has(edge)) ? { kind: 'move', operands, result: output } : undefined;
  };

  const firstReaders = new Map<Edge, ByteOperation>(); // of weights
  for (const node of graph.nodes) {
    const operation = operationOf(node);
    if (!operation) continue;
    operations.set(node, operation);
    const { kind, operands, result } = operation;
    for (const operand of operands) if (!bytes.has(operand)) observed.add(operand);
    if (kind === 'compute') observed.add(result);
    else groups.tie(result, ...operands);
    bytes.add(result);
    if (node.op !== 'Conv') continue;
    // A layer that is applied more than once is the same arithmetic each time, with integer biases that fit its input.
    const weight = node.inputs[1]!;
    const first = firstReaders.get(weight);
    if (first) {
      groups.tie(first.operands[0]!, operands[0]!);
      groups.tie(first.result, result);
    } else firstReaders.set(weight, operation);
  }
  if (pixels) {
    const group = groups.groupOf(pixels.numbers);
    const isPixels = (edge: Edge) => groups.groupOf(edge) === group;
    const isAble = canReadPixels(graph, pixels, isPixels, (node) => operations.has(node));
    if (!isAble) return planQuantization(graph, weights);
  }
  return { operations, groups, observed, pixels };
}

/** The rectified linear unit that is the only reader of an edge. */
function activationsOf(graph: Graph): Map<Edge, Node> {
  const readers = new Map<Edge, Node[]>();
  for (const node of graph.nodes) {
    for (const input of new Set(node.inputs)) readers.set(input, [...(readers.get(input) ?? []), node]);
  }
  const activations = new Map<Edge, Node>();
  for (const [edge, [reader, ...others]] of readers) {
    if (others.length === 0 && ['Relu', 'Clip'].includes(reader!.op)) activations.set(edge, reader!);
  }
  return activations;
}
