import { type Tensor, tensorOf } from '../../../base/tensor.ts';
import type { Constant, Edge, Graph, Node, Value } from '../../graph/graph.ts';
import { removeUnused } from '../../graph/remove-unused.ts';
import type { Affine } from './affine.ts';
import { type LayerWeights, quantizeLayer, type WeightBits } from './layer-weights.ts';
import { asMatrix, isMatrixProduct, patches } from './matrix-product.ts';
import { pixelAffine, pixelBytes, quantizePixelLayer, zeroBytes } from './pixels.ts';
import type { ByteOperation, QuantizationPlan } from './plan.ts';

/** Scale and zero point of a group of edges, as edges of the graph. */
interface Parameters extends Affine {
  readonly edges: readonly [scale: Edge, zeroPoint: Edge];
}

/** A layer's parameters, each with its scale and zero point. */
type LayerEdges = readonly (readonly Edge[])[];

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
  { operations, groups, pixels }: QuantizationPlan,
  weights: ReadonlyMap<string, Tensor<'float32'>>,
  affineOf: (group: Edge) => Affine,
  weightBits?: WeightBits,
): void {
  const layers = new Map<Edge, LayerEdges>();
  const parameters = new Map<Edge, Parameters>();
  const bytes = new Map<Edge, Edge>(); // of edges of the given graph
  const numbers = new Map<Edge, Edge>(); // that were made of bytes again
  const uses = new Map<Edge, number>(); // of the weights of layers

  const initializer = (name: string, tensor: Tensor): Edge => {
    graph.initializers.set(name, tensor);
    return { name };
  };
  const isPixels = (edge: Edge) => pixels && groups.groupOf(edge) === groups.groupOf(pixels.numbers);
  const parametersOf = (edge: Edge): Parameters => {
    const group = groups.groupOf(edge);
    return memorized(parameters, group, () => {
      const affine = isPixels(group) ? pixelAffine(pixels!) : affineOf(group);
      const scale = initializer(`${group.name}.scale`, tensorOf('float32', [], [affine.scale]));
      const zeroPoint = initializer(`${group.name}.zero_point`, tensorOf('uint8', [], [affine.zeroPoint]));
      return { ...affine, edges: [scale, zeroPoint] };
    });
  };
  const toBytes = (edge: Edge, source = edge): Edge =>
    memorized(bytes, edge, () => {
      const made = graph.emit('QuantizeLinear', [source, ...parametersOf(edge).edges]);
      return isPixels(edge) ? zeroBytes(graph, made, pixels!) : made;
    });
  const toNumbers = (edge: Edge): Edge =>
    bytes.has(edge)
      ? memorized(numbers, edge, () =>
          graph.emit('DequantizeLinear', [bytes.get(edge)!, ...parametersOf(edge).edges]),
        )
      : edge;
  const scaled = (edge: Edge, tensor: Tensor<'int8' | 'int32'>, scale: Tensor): Edge[] => {
    graph.initialize(edge as Value, tensor);
    const zeros = tensorOf(tensor.dtype, scale.shape, new Uint8Array(scale.data.length));
    return [edge, initializer(`${edge.name}.scale`, scale), initializer(`${edge.name}.zero_point`, zeros)];
  };
  /**
   * Each convolution has weights of its own, though a layer may be applied twice: where ONNX Runtime changes the sign of weights, so
   * that their sums are exact, it does so for each convolution and fails for the second one (1.30).
   */
  const ofItsOwn = (edges: readonly Edge[]): readonly Edge[] => {
    const count = (uses.get(edges[0]!) ?? 0) + 1;
    uses.set(edges[0]!, count);
    if (count === 1) return edges;
    return edges.map(({ name }) => initializer(`${name}.${count}`, graph.initializers.get(name)!));
  };
  const rounded = (weight: Edge, bias: Edge, input: Edge): LayerWeights => {
    const layer = [weights.get(weight.name)!, weights.get(bias.name)!] as const;
    return isPixels(input)
      ? quantizePixelLayer(...layer, pixels!, weightBits)
      : quantizeLayer(...layer, parametersOf(input).scale, weightBits);
  };

  const convolve = ({ inputs: [x, weight, bias], attributes }: Node): Edge => {
    const layer = memorized(layers, weight!, () => {
      const own = rounded(weight!, bias!, x!);
      return [scaled(weight!, own.weight, own.weightScale), scaled(bias!, own.bias, own.biasScale)];
    });
    const [weightEdges, biasEdges] = layer as [Edge[], Edge[]];
    const operands = [ofItsOwn(weightEdges), biasEdges].map((edges) =>
      graph.emit('DequantizeLinear', edges, { axis: 0 }),
    );
    return graph.emit('Conv', [toNumbers(x!), ...operands], attributes);
  };
  /** Of what is [N, C, H, W] the result is [N, H, W, O]. */
  const multiply = ({ inputs: [x, weight, bias] }: Node): Edge => {
    const [matrix] = memorized(layers, weight!, () => {
      const own = rounded(weight!, bias!, x!);
      graph.initialize(bias as Value, weights.get(bias!.name)!);
      return [scaled(weight!, asMatrix(own.weight), own.weightScale)];
    });
    const [, , kernel] = weights.get(weight!.name)!.shape;
    const rows = patches(graph, bytes.get(x!)!, kernel!);
    const product = graph.emit('MatMul', [
      graph.emit('DequantizeLinear', [rows, ...parametersOf(x!).edges]),
      graph.emit('DequantizeLinear', matrix!, { axis: 1 }),
    ]);
    return graph.emit('Add', [product, bias!]);
  };
  const compute = (node: Node, { operands, activation, result }: ByteOperation): void => {
    for (const operand of operands) toBytes(operand);
    const isProduct = isMatrixProduct(node, weights);
    const emit = () => graph.emit(node.op, operands.map(toNumbers), node.attributes);
    const sum = isProduct ? multiply(node) : node.op === 'Conv' ? convolve(node) : emit();
    const isImplied = !activation || cuts(parametersOf(result), limitOf(graph, activation));
    const y = isImplied
      ? sum
      : graph.emit(activation.op, [sum, ...activation.inputs.slice(1)], activation.attributes);
    const rounded = toBytes(result, y);
    if (isProduct) bytes.set(result, graph.emit('Transpose', [rounded], { perm: [0, 3, 1, 2] }));
  };
  const move = (node: Node, { operands, result }: ByteOperation): void => {
    const inputs = node.inputs.map((edge) => (operands.includes(edge) ? toBytes(edge) : edge));
    // Zeros of padding are the zero point's byte.
    if (node.op === 'Pad') inputs[2] = parametersOf(result).edges[1];
    bytes.set(result, graph.emit(node.op, inputs, node.attributes));
  };

  // The size of a map is that of its bytes: numbers that nothing else reads need not be made.
  const readable = ({ op, inputs }: Node): Edge[] =>
    inputs.map((edge) => (op === 'Shape' ? (bytes.get(edge) ?? edge) : toNumbers(edge)));

  const activations = new Set([...operations.values()].map(({ activation }) => activation));
  const given = graph.nodes.splice(0);
  if (pixels) bytes.set(pixels.numbers, pixelBytes(graph, pixels));
  for (const node of given) {
    const operation = operations.get(node);
    if (operation?.kind === 'compute') compute(node, operation);
    else if (operation) move(node, operation);
    else if (!activations.has(node)) graph.nodes.push({ ...node, inputs: readable(node) });
  }
  removeUnused(graph); // such as the preprocessing, where pixels are read as they are
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
