import { type Tensor, tensorOf } from '../../../base/tensor.ts';
import type { Constant, Edge, Graph, Node, Value } from '../../graph/graph.ts';
import type { Affine } from './affine.ts';
import { quantizeLayer, type WeightBits } from './layer-weights.ts';
import type { ByteOperation, QuantizationPlan } from './plan.ts';

/** Scale and zero point of a group of edges, as edges of the graph. */
interface Parameters extends Affine {
  readonly edges: readonly [scale: Edge, zeroPoint: Edge];
}

/** A layer's parameters, each with its scale and zero point. */
interface LayerEdges {
  readonly weight: readonly Edge[];
  readonly bias: readonly Edge[];
}

/**
 * Rewrites a graph so that the operations of the plan work on bytes: arithmetic in the form that runtimes fuse into integer
 * kernels (DequantizeLinear, operator, QuantizeLinear; an activation is the range of the bytes), moves on the bytes themselves.
 *
 * @param graph its weights are inputs; those of the plan's convolutions become initializers here
 * @param weights by name
 * @param affineOf scale and zero point of a group
 * @param weightBits 7 or 8, see layer-weights.ts
 */
export function quantizeGraph(
  graph: Graph,
  { operations, groups }: QuantizationPlan,
  weights: ReadonlyMap<string, Tensor<'float32'>>,
  affineOf: (group: Edge) => Affine,
  weightBits?: WeightBits,
): void {
  const layers = new Map<Edge, LayerEdges>();
  const parameters = new Map<Edge, Parameters>();
  const bytes = new Map<Edge, Edge>(); // of edges of the given graph
  const numbers = new Map<Edge, Edge>(); // that were made of bytes again

  const initializer = (name: string, tensor: Tensor): Edge => {
    graph.initializers.set(name, tensor);
    return { name };
  };
  const parametersOf = (edge: Edge): Parameters => {
    const group = groups.groupOf(edge);
    return memorized(parameters, group, () => {
      const affine = affineOf(group);
      const scale = initializer(`${group.name}.scale`, tensorOf('float32', [], [affine.scale]));
      const zeroPoint = initializer(`${group.name}.zero_point`, tensorOf('uint8', [], [affine.zeroPoint]));
      return { ...affine, edges: [scale, zeroPoint] };
    });
  };
  const toBytes = (edge: Edge, source = edge): Edge =>
    memorized(bytes, edge, () => graph.emit('QuantizeLinear', [source, ...parametersOf(edge).edges]));
  const toNumbers = (edge: Edge): Edge =>
    bytes.has(edge)
      ? memorized(numbers, edge, () =>
          graph.emit('DequantizeLinear', [bytes.get(edge)!, ...parametersOf(edge).edges]),
        )
      : edge;
  const layerOf = (weight: Edge, bias: Edge, inputScale: number): LayerEdges =>
    memorized(layers, weight, () => {
      const layer = quantizeLayer(weights.get(weight.name)!, weights.get(bias.name)!, inputScale, weightBits);
      const zeros = (dtype: 'int8' | 'int32') =>
        tensorOf(dtype, layer.bias.shape, new Uint8Array(layer.bias.data.length));
      const scaled = (edge: Edge, tensor: Tensor<'int8' | 'int32'>, scale: Tensor) => {
        graph.initialize(edge as Value, tensor);
        const scaleEdge = initializer(`${edge.name}.scale`, scale);
        return [edge, scaleEdge, initializer(`${edge.name}.zero_point`, zeros(tensor.dtype))];
      };
      return {
        weight: scaled(weight, layer.weight, layer.weightScale),
        bias: scaled(bias, layer.bias, layer.biasScale),
      };
    });

  const convolve = ({ inputs: [x, weight, bias], attributes }: Node): Edge => {
    toBytes(x!);
    const layer = layerOf(weight!, bias!, parametersOf(x!).scale);
    const operands = [layer.weight, layer.bias].map((edges) =>
      graph.emit('DequantizeLinear', edges, { axis: 0 }),
    );
    return graph.emit('Conv', [toNumbers(x!), ...operands], attributes);
  };
  const compute = (node: Node, { operands, activation, result }: ByteOperation): void => {
    for (const operand of operands) toBytes(operand);
    const sum =
      node.op === 'Conv' ? convolve(node) : graph.emit(node.op, operands.map(toNumbers), node.attributes);
    const isImplied = !activation || cuts(parametersOf(result), limitOf(graph, activation));
    const y = isImplied
      ? sum
      : graph.emit(activation.op, [sum, ...activation.inputs.slice(1)], activation.attributes);
    toBytes(result, y);
  };
  const move = (node: Node, { operands, result }: ByteOperation): void => {
    const inputs = node.inputs.map((edge) => (operands.includes(edge) ? toBytes(edge) : edge));
    // Zeros of padding are the zero point's byte.
    if (node.op === 'Pad') inputs[2] = parametersOf(result).edges[1];
    bytes.set(result, graph.emit(node.op, inputs, node.attributes));
  };

  const activations = new Set([...operations.values()].map(({ activation }) => activation));
  for (const node of graph.nodes.splice(0)) {
    const operation = operations.get(node);
    if (operation?.kind === 'compute') compute(node, operation);
    else if (operation) move(node, operation);
    else if (!activations.has(node)) graph.nodes.push({ ...node, inputs: node.inputs.map(toNumbers) });
  }
  removeUnusedConstants(graph);
}

function memorized<K, V>(known: Map<K, V>, key: K, make: () => V): V {
  const value = known.get(key) ?? make();
  known.set(key, value);
  return value;
}

/** The greatest result of a rectified linear unit. */
function limitOf(graph: Graph, { op, inputs }: Node): number {
  if (op === 'Relu') return Number.POSITIVE_INFINITY;
  const limit = [...graph.constants.values()].find((constant: Constant) => constant === inputs[2]);
  return limit!.values[0]!;
}

/** Whether numbers become bytes as if they had been cut to 0..limit before. */
function cuts({ scale, zeroPoint }: Affine, limit: number): boolean {
  return zeroPoint === 0 && 254.5 * scale <= limit;
}

function removeUnusedConstants(graph: Graph): void {
  const used = new Set(graph.nodes.flatMap(({ inputs }) => inputs));
  for (const [key, constant] of graph.constants) if (!used.has(constant)) graph.constants.delete(key);
}
