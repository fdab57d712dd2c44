import { fixed, type Graph, type Value } from '../graph/graph.ts';

/**
 * Feature maps of one size behind each other on the channel axis; each gets its own channels of dy back.
 *
 * @param values each [N, C_k, H, W]
 * @returns [N, sum of C_k, H, W]
 */
export function concatenate(graph: Graph, values: readonly Value[]): Value {
  const first = values[0]!;
  const channels = values.map(({ shape }) => fixed(shape[1]));
  const startOf = (k: number) => channels.slice(0, k).reduce((sum, count) => sum + count, 0);
  const shape = [first.shape[0]!, startOf(values.length), first.shape[2]!, first.shape[3]!];
  const y = graph.emitValue('Concat', values, { axis: 1 }, 'float32', shape);
  return graph.differentiable(
    y,
    values.map((value, k) => [
      value,
      (dy) =>
        graph.emit('Slice', [dy, graph.int64([startOf(k)]), graph.int64([startOf(k + 1)]), graph.int64([1])]),
    ]),
  );
}
