import { type InputConfig, imageChannels } from '../../data/input-config.ts';
import type { Edge, Graph, Value } from '../../engine/graph/graph.ts';

/**
 * Emits what turns pixels into the network's input: (pixel / 255 * scale - mean) / std in the channel order of the
 * configuration, up to rounding what toInput in data/batch.ts computes outside the graph.
 *
 * @param image uint8 or uint16 [N, H, W, C], RGB where the network is for such
 * @returns float32 [N, C, H, W]
 */
export function preprocess(graph: Graph, image: Value, input: InputConfig): Value {
  const { log } = input;
  const { factors, offsets, order } = scalingOf(input);
  const [batch, height, width] = image.shape;
  // Numbers first: not every runtime that has these operators has them for bytes.
  const planes = graph.emit('Transpose', [graph.cast(image, 'float32')], { perm: [0, 3, 1, 2] });
  const isInOrder = order.every((source, c) => source === c);
  const ordered = isInOrder ? planes : graph.emit('Gather', [planes, graph.int64([...order])], { axis: 1 });
  const ofEach = (values: readonly number[]) => graph.float32([...values], [values.length, 1, 1]);
  const pixels = log ? withLogarithms(graph, ordered, log, input) : ordered;
  const scaled = graph.emit('Mul', [pixels, ofEach(factors)]);
  const shape = [batch!, order.length, height!, width!];
  return graph.emitValue('Add', [scaled, ofEach(offsets)], {}, 'float32', shape);
}

/** The logarithms of the channels that go by them; of 0, which is no measurement, the mean. */
function withLogarithms(graph: Graph, planes: Edge, log: readonly boolean[], { mean }: InputConfig): Edge {
  const ofEach = (values: readonly number[]) => graph.float32([...values], [values.length, 1, 1]);
  const isPositive = graph.emit('Greater', [planes, graph.float32([0])]);
  const logarithm = graph.emit('Where', [isPositive, graph.emit('Log', [planes]), ofEach(mean)]);
  const isLog = graph.emit('Greater', [ofEach(log.map(Number)), graph.float32([0])]);
  return graph.emit('Where', [isLog, logarithm, planes]);
}

/** What preprocessing makes of pixels, or of their logarithms: numbers are factor pixel + offset, of the channel `order` of the image. */
export interface Scaling {
  readonly factors: readonly number[];
  readonly offsets: readonly number[];
  readonly order: readonly number[];
}

export function scalingOf(input: InputConfig): Scaling {
  const { scale, mean, std, log } = input;
  return {
    factors: std.map((deviation, c) => (log?.[c] ? 1 : scale / 255) / deviation),
    offsets: std.map((deviation, c) => -mean[c]! / deviation),
    order: imageChannels(input),
  };
}
