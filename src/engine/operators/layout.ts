import type { Edge, Graph } from '../graph/graph.ts';
import type { Rows } from '../graph/tape.ts';

/** Swaps the first two axes, such as batch and channels: [N, C, H, W] to [C, N, H, W] and back. */
export function swapFirstAxes(graph: Graph, x: Edge): Edge {
  return graph.emit('Transpose', [x], { perm: [1, 0, 2, 3] });
}

/** A feature map in the memory order of [C, N, H, W]: x itself, in its own shape, for a batch of one. */
export function channelsFirst(graph: Graph, x: Edge, batch: number): Edge {
  return batch === 1 ? x : swapFirstAxes(graph, x);
}

/** A feature map as a matrix with a row for each channel: [N, C, H, W] to [C, N * H * W]. Free for a batch of one. */
export function channelsAsRows(graph: Graph, x: Edge, channels: number, batch: number): Edge {
  return graph.reshape(channelsFirst(graph, x, batch), [channels, -1]);
}

/** Height and width of a feature map as the running graph knows them. int64 [2] */
export function spatialSize(graph: Graph, x: Edge): Edge {
  return graph.emit('Shape', [x], { start: 2, end: 4 });
}

/**
 * A feature map with zeros around it: rows above and below, columns left and right.
 * @param before, after rows and columns, int64 [2]
 */
export function zerosAround(graph: Graph, x: Edge, before: Edge, after: Edge): Edge {
  const none = graph.int64([0, 0]);
  return graph.emit('Pad', [x, graph.emit('Concat', [none, before, none, after], { axis: 0 })]);
}

/**
 * The channels of a map as the pixels of blocks: [N, C * side^2, H, W] to [N, C, side * H, side * W]. Those of a block follow each
 * other, row by row. For DepthToSpace, whose pixels are in this order with the mode CRD; Col2Im is faster on the CPU.
 */
export function pixelsOfBlocks(graph: Graph, blocks: Edge, side: number): Edge {
  const columns = graph.emit('Reshape', [blocks, graph.int64([0, 0, -1])]);
  return pixelsOfColumns(graph, columns, spatialSize(graph, blocks), side);
}

/** The same of channels whose axes H and W are one. @param size H and W, int64 [2] */
export function pixelsOfColumns(graph: Graph, columns: Edge, size: Edge, side: number): Edge {
  const sides = graph.int64([side, side]);
  const whole = graph.emit('Mul', [size, sides]);
  return graph.emit('Col2Im', [columns, whole, sides], { strides: [side, side] });
}

/** Some of the channels of a feature map, of which it has `count`; x itself if they are all. */
export function takeChannels(graph: Graph, x: Edge, count: number, { start, end }: Rows): Edge {
  if (end - start === count) return x;
  return graph.emit('Slice', [x, graph.int64([start]), graph.int64([end]), graph.int64([1])]);
}

/** The identity matrix of the size that an axis of `x` has in the running graph. */
export function identity(graph: Graph, x: Edge, axis: number): Edge {
  const size = graph.emit('Shape', [x], { start: axis, end: axis + 1 });
  const square = graph.emit('Concat', [size, size], { axis: 0 });
  return graph.emit('EyeLike', [graph.emit('ConstantOfShape', [square])]);
}

/** Kernels turned by half a turn: both spatial axes reversed. */
export function halfTurn(graph: Graph, w: Edge): Edge {
  return backwards(graph, w, [-1, -1], 1);
}

/** Every step-th entry of both spatial axes, from one on and back to the first. */
export function backwards(
  graph: Graph,
  w: Edge,
  from: readonly [row: number, column: number],
  step: number,
): Edge {
  const beyondFirst = graph.int64([-(2 ** 31), -(2 ** 31)]);
  return graph.emit('Slice', [
    w,
    graph.int64(from),
    beyondFirst,
    graph.int64([2, 3]),
    graph.int64([-step, -step]),
  ]);
}

/** The sum over a batch of what each image gives. @param shape [N, ...] of what all give, which may have another shape */
export function sumOfImages(
  graph: Graph,
  edge: Edge,
  shape: readonly [batch: number, ...rest: number[]],
): Edge {
  const [batch, ...rest] = shape;
  if (batch === 1) return graph.reshape(edge, rest);
  return graph.emit('ReduceSum', [graph.reshape(edge, shape), graph.int64([0])], { keepdims: 0 });
}
