import { random } from '../../src/base/rng.ts';
import { allocate, type Tensor } from '../../src/base/tensor.ts';
import type { Edge, Graph, Value } from '../../src/engine/graph/graph.ts';

/** Something to take gradients of. */
export function weightedSum(graph: Graph, x: Value, factors: Edge): Value {
  const product = graph.emit('Mul', [x, factors]);
  const sum = graph.emitValue('ReduceSum', [product], { keepdims: 0 }, 'float32', []);
  return graph.differentiable(sum, [[x, (dy) => graph.emit('Mul', [factors, dy])]]);
}

/** Normally distributed, the same for the same name. */
export function noise(name: string, shape: readonly number[], scale: number): Tensor<'float32'> {
  const tensor = allocate('float32', shape);
  const stream = random(3, name);
  for (let i = 0; i < tensor.data.length; i++) tensor.data[i] = scale * stream.normal();
  return tensor;
}
