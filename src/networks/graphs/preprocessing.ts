import type { InputConfig } from '../../data/input-config.ts';
import type { Graph, Value } from '../../engine/graph/graph.ts';

/**
 * Emits what turns pixels into the network's input: (pixel / 255 * scale - mean) / std in the channel order of the
 * configuration, up to rounding what toInput in data/batch.ts computes outside the graph.
 *
 * @param image uint8 [N, H, W, 3], RGB
 * @returns float32 [N, 3, H, W]
 */
export function preprocess(graph: Graph, image: Value, { channels, scale, mean, std }: InputConfig): Value {
  const [batch, height, width] = image.shape;
  // Numbers first: not every runtime that has these operators has them for bytes.
  const planes = graph.emit('Transpose', [graph.cast(image, 'float32')], { perm: [0, 3, 1, 2] });
  const ordered =
    channels === 'RGB' ? planes : graph.emit('Gather', [planes, graph.int64([2, 1, 0])], { axis: 1 });
  const factors = std.map((deviation) => scale / 255 / deviation);
  const offsets = std.map((deviation, c) => -mean[c]! / deviation);
  const scaled = graph.emit('Mul', [ordered, graph.float32(factors, [3, 1, 1])]);
  const shape = [batch!, 3, height!, width!];
  return graph.emitValue('Add', [scaled, graph.float32(offsets, [3, 1, 1])], {}, 'float32', shape);
}
