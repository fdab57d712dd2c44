import { allocate, type Tensor } from '../../../src/base/tensor.ts';
import { backward } from '../../../src/engine/differentiation/backward.ts';
import { encodeModel } from '../../../src/engine/graph/encode.ts';
import { Graph, type Value } from '../../../src/engine/graph/graph.ts';
import { graphicsPlan, rewriteFinished } from '../../../src/engine/rewrites/plan.ts';
import { nativeRuntime } from '../../../src/engine/runtimes/native/native-runtime.ts';
import type { Runtime } from '../../../src/engine/runtimes/session.ts';

/** What an operator under test is applied to, and what it gives. */
export interface Application {
  /** Applies the operator; inputs come as values with symbolic height and width. */
  apply(graph: Graph, inputs: Record<string, Value>): Value;
  inputs: Record<string, Tensor>;
  outputShape: readonly number[];
  /** Gradient for the output: the loss is sum(output * dy). Not needed where the output is a scalar loss. */
  dy?: Tensor;
  /** The inputs whose gradients are wanted. */
  wanted: readonly string[];
  /** `factor * vector` to be added to the gradient for an input of this name; the vector has as many elements. */
  carries?: Record<string, { vector: Tensor; factor: number }>;
  /** Whether the graph knows the sizes of maps; default: they are symbolic, as in a network for any images. */
  knowsSizes?: boolean;
  /** Changes the finished graph, gradients included. */
  rewrite?(graph: Graph): void;
}

/** Output and gradients of an operator, computed by the native runtime or the one given. */
export async function runWithGradients(
  application: Application,
  runtime: Runtime = nativeRuntime,
): Promise<{ y: Tensor; gradients: Record<string, Tensor> }> {
  const { apply, inputs, outputShape, dy, wanted, carries = {}, knowsSizes, rewrite } = application;
  const graph = new Graph();
  const values = Object.fromEntries(
    Object.entries(inputs).map(([name, { dtype, shape }]) => [
      name,
      graph.input(name, dtype, knowsSizes ? shape : symbolic(name, shape)),
    ]),
  );
  const y = apply(graph, values);
  let loss = y;
  if (dy) {
    const weights = graph.input('dy', 'float32', dy.shape);
    const product = graph.emit('Mul', [y, weights]);
    loss = graph.emitValue('ReduceSum', [product], { keepdims: 0 }, 'float32', []);
    graph.differentiable(loss, [[y, (scale) => graph.emit('Mul', [weights, scale])]]);
  }
  const gradients = backward(
    graph,
    loss,
    wanted.map((name) => values[name]!),
    new Map(
      Object.entries(carries).map(([name, { vector, factor }]) => [
        values[name]!,
        { edge: graph.input(`carry_${name}`, 'float32', vector.shape), factor },
      ]),
    ),
  );
  graph.output('y', y, 'float32', outputShape);
  const results: Record<string, Tensor> = { y: allocate('float32', outputShape) };
  for (const name of wanted) {
    graph.output(`d${name}`, gradients.get(values[name]!)!, 'float32', inputs[name]!.shape);
    results[`d${name}`] = allocate('float32', inputs[name]!.shape);
  }
  rewrite?.(graph);
  if (runtime.device !== 'cpu') rewriteFinished(graph, graphicsPlan);
  const session = await runtime.createSession(encodeModel(graph, 'test'), { threads: 1 });
  const carried = Object.entries(carries).map(([name, { vector }]) => [`carry_${name}`, vector]);
  await session.run({ ...inputs, ...(dy && { dy }), ...Object.fromEntries(carried) }, results);
  await session.release();
  return { y: results.y!, gradients: Object.fromEntries(wanted.map((name) => [name, results[`d${name}`]!])) };
}

/** Feature maps get symbolic sizes, as in a real network; weights and vectors keep theirs. */
function symbolic(name: string, shape: readonly number[]) {
  return shape.length === 4 && name !== 'w'
    ? [shape[0]!, shape[1]!, `${name}_height`, `${name}_width`]
    : shape;
}
