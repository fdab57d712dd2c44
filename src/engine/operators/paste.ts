import { fixed, type Graph, type Value } from '../graph/graph.ts';
import { spatialSize, zerosAround } from './layout.ts';

/**
 * Puts x over a background, its first pixel on row `offset` and column `offset`.
 *
 *   y[n, c, i, j] = x[n, c, i - offset, j - offset] where x has that pixel, else background[0, c, i, j]
 *
 * @param background [1, C, H, W]
 * @param x [N, C, h, w] with h <= H - offset, w <= W - offset
 * @returns [N, C, H, W]
 */
export function paste(graph: Graph, background: Value, x: Value, { offset }: { offset: number }): Value {
  const start = graph.int64([offset, offset]);
  const end = graph.emit('Add', [spatialSize(graph, x), start]);
  const after = graph.emit('Sub', [spatialSize(graph, background), end]);
  // Zeros. Not ConstantOfShape: that stays on the CPU, and what computes with it alone would, too.
  const inside = graph.emit('Expand', [graph.float32([0]), spatialSize(graph, x)]);
  const frame = graph.emit('Concat', [start, after], { axis: 0 });
  const outside = graph.emit('Pad', [inside, frame, graph.float32([1])]); // 0 where x is, else 1; [H, W]
  const isOutside = graph.cast(outside, 'bool');
  const batch = fixed(x.shape[0]);
  const shape = [batch, x.shape[1]!, background.shape[2]!, background.shape[3]!];
  const inputs = [isOutside, background, zerosAround(graph, x, start, after)];
  const y = graph.emitValue('Where', inputs, {}, 'float32', shape);
  return graph.differentiable(y, [
    [x, (dy) => graph.emit('Slice', [dy, start, end, graph.int64([2, 3])])],
    [
      background,
      (dy) => {
        const each = graph.emit('Mul', [dy, outside]);
        return batch === 1 ? each : graph.emit('ReduceSum', [each, graph.int64([0])]);
      },
    ],
  ]);
}
