import { type Edge, fixed, type Graph, type Value } from '../graph/graph.ts';
import { wholeTaps } from './cropped-deconvolution.ts';
import { spatialSize, sumOfImages, takeChannels, zerosAround } from './layout.ts';

/** A map whose pixels stand in blocks of stride x stride. */
export interface MapInBlocks {
  /** [N, O, stride^2, blocks]: the first pixel of each block, row by row, then the second one of each, and so on. */
  readonly value: Value;
  /**
   * Brings the labels of the pixels into the same order.
   * @param labels uint8 [N, H', W']
   * @param beyond label of the pixels that blocks have beyond the reference
   * @returns int32 [N, stride^2, blocks]
   */
  arrange(labels: Value, beyond: number): Value;
}

/**
 * A deconvolution of whose result only the pixels of `reference` are needed, from row and column `offset` on, as in
 * cropped-deconvolution.ts, and that stays in blocks: a loss does not depend on the order of pixels, and to lay them out takes
 * as long as to compute them. All is matrix products then, as are both gradients. With the first block B that has a pixel of the reference,
 * pixel p of block I is
 *
 *   y[n, o, p, I] = sum over c and t of w[c, o, s t + p] x[n, c, B + I - t]
 *
 * where p, I and t have two axes each, and s is the stride.
 *
 * @param x [N, C, H, W]
 * @param w [C, O, K, K]
 * @param reference [., ., H', W']
 */
export function deconvolutionInBlocks(
  graph: Graph,
  x: Value,
  w: Value,
  { stride, offset, reference }: { stride: number; offset: number; reference: Value },
): MapInBlocks {
  const [batch, channelsIn] = x.shape.slice(0, 2).map(fixed) as [number, number];
  const [, channelsOut, kernel] = w.shape.map(fixed) as [number, number, number, number];
  const firstBlock = Math.floor(offset / stride);
  const cropped = offset - firstBlock * stride; // pixels of the first block before the reference
  const size = spatialSize(graph, reference);
  const reached = graph.emit('Add', [size, graph.int64([cropped + stride - 1])]);
  const blocks = graph.emit('Div', [reached, graph.int64([stride])]); // rows and columns
  const windows = { taps: Math.ceil(kernel / stride), first: firstBlock, size: blocks };

  const columns = windowsOf(graph, x, windows); // [N, T^2 C, blocks]
  const rows = rowsOfKernels(graph, w, stride); // [T^2 C, O stride^2]
  const product = graph.emit('MatMul', [transposed(graph, rows, [1, 0]), columns]);
  const shape = [batch, channelsOut, stride * stride, graph.unknownSize()] as const;
  const order = graph.int64([batch, channelsOut, stride * stride, -1]);
  const value = graph.emitValue('Reshape', [product, order], {}, 'float32', shape);

  const errorsOf = (dy: Edge) => graph.reshape(dy, [batch, channelsOut * stride * stride, -1]);
  graph.differentiable(value, [
    [x, (dy) => sumOfWindows(graph, graph.emit('MatMul', [rows, errorsOf(dy)]), x, windows)],
    [
      w,
      (dy) => {
        const products = graph.emit('MatMul', [columns, transposed(graph, errorsOf(dy), [0, 2, 1])]);
        const sum = sumOfImages(graph, products, [
          batch,
          windows.taps ** 2 * channelsIn,
          shape[1] * shape[2],
        ]);
        return kernelsOfRows(graph, sum, w, stride);
      },
    ],
  ]);
  const arrange: MapInBlocks['arrange'] = (labels, beyond) => {
    const start = graph.int64([cropped, cropped]);
    const whole = graph.emit('Mul', [blocks, graph.int64([stride])]);
    const after = graph.emit('Sub', [whole, graph.emit('Add', [size, start])]);
    const pads = graph.emit('Concat', [graph.int64([0]), start, graph.int64([0]), after], { axis: 0 });
    const padded = graph.emit('Pad', [graph.cast(labels, 'int32'), pads, graph.int32([beyond])]);
    const row = [graph.int64([-1]), graph.int64([stride])]; // its pixels, by blocks
    const columnsOfBlocks = graph.emit('Gather', [blocks, graph.int64([1])]);
    const split = graph.emit(
      'Concat',
      [graph.int64([batch]), ...row, columnsOfBlocks, graph.int64([stride])],
      {
        axis: 0,
      },
    );
    const byBlocks = graph.emit('Reshape', [padded, split]);
    const byPixels = graph.emit('Transpose', [byBlocks], { perm: [0, 2, 4, 1, 3] });
    const target = graph.int64([batch, stride * stride, -1]);
    return graph.emitValue('Reshape', [byPixels, target], {}, 'int32', [shape[0], shape[2], shape[3]]);
  };
  return { value, arrange };
}

/** The windows of a map that blocks depend on: block I on its entries first + I - t, for each t from 0 to before `taps`. */
interface Windows {
  readonly taps: number;
  readonly first: number;
  /** How many blocks there are along both axes, int64 [2]. */
  readonly size: Edge;
}

/** Of each tap, row by row, where a map is read that has `before` zeros around it. */
function startsOf({ taps, first }: Windows): { before: number; starts: (readonly [number, number])[] } {
  const before = Math.max(0, taps - 1 - first);
  const along = Array.from({ length: taps }, (_, t) => first - t + before);
  return { before, starts: along.flatMap((row) => along.map((column) => [row, column] as const)) };
}

/** [N, C, H, W] to [N, T^2 C, blocks]: the map as each tap sees it, tap by tap. */
function windowsOf(graph: Graph, x: Value, windows: Windows): Edge {
  const { before, starts } = startsOf(windows);
  const channels = fixed(x.shape[1]) * starts.length;
  const after = graph.int64([windows.taps - 1, windows.taps - 1]);
  const surrounded = zerosAround(graph, x, graph.int64([before, before]), after);
  const seen = starts.map((start) => {
    const from = graph.int64(start);
    const to = graph.emit('Add', [windows.size, from]);
    return graph.emit('Slice', [surrounded, from, to, graph.int64([2, 3])]);
  });
  const all = graph.emit('Concat', seen, { axis: 1 });
  return graph.reshape(all, [fixed(x.shape[0]), channels, -1]);
}

/** The gradient of that: what all taps give for each entry of x, added up. */
function sumOfWindows(graph: Graph, columns: Edge, x: Value, windows: Windows): Edge {
  const { before, starts } = startsOf(windows);
  const [batch, channels] = x.shape.slice(0, 2).map(fixed) as [number, number];
  const shape = graph.emit('Concat', [graph.int64([batch, channels * starts.length]), windows.size], {
    axis: 0,
  });
  const maps = graph.emit('Reshape', [columns, shape]);
  const size = spatialSize(graph, x);
  const around = graph.int64([before + windows.taps - 1, before + windows.taps - 1]);
  const whole = graph.emit('Add', [size, around]);
  const places = starts.map((start, tap) => {
    const rows = { start: tap * channels, end: (tap + 1) * channels };
    const end = graph.emit('Add', [windows.size, graph.int64(start)]);
    const after = graph.emit('Sub', [whole, end]);
    return zerosAround(
      graph,
      takeChannels(graph, maps, channels * starts.length, rows),
      graph.int64(start),
      after,
    );
  });
  const sum = places.reduce((total, place) => graph.emit('Add', [total, place]));
  const from = graph.int64([before, before]);
  return graph.emit('Slice', [sum, from, graph.emit('Add', [size, from]), graph.int64([2, 3])]);
}

/** [C, O, K, K] to [T^2 C, O stride^2]: the part of the kernels that each tap has, tap by tap, zeros beyond K. */
function rowsOfKernels(graph: Graph, w: Value, stride: number): Edge {
  const [channelsIn, channelsOut, kernel] = w.shape.map(fixed) as [number, number, number, number];
  const taps = Math.ceil(kernel / stride);
  const filled = wholeTaps(graph, w, stride);
  const parts = Array.from({ length: taps * taps }, (_, tap) => {
    const start = [Math.floor(tap / taps) * stride, (tap % taps) * stride];
    const end = start.map((pixel) => pixel + stride);
    return graph.emit('Slice', [filled, graph.int64(start), graph.int64(end), graph.int64([2, 3])]);
  });
  const all = graph.emit('Concat', parts, { axis: 0 });
  return graph.reshape(all, [taps * taps * channelsIn, channelsOut * stride * stride]);
}

/** The inverse, without what is beyond K. */
function kernelsOfRows(graph: Graph, rows: Edge, w: Value, stride: number): Edge {
  const [channelsIn, channelsOut, kernel] = w.shape.map(fixed) as [number, number, number, number];
  const taps = Math.ceil(kernel / stride);
  const parts = graph.reshape(rows, [taps * taps * channelsIn, channelsOut, stride, stride]);
  const partOf = (tap: number) => {
    const [start, end] = [tap * channelsIn, (tap + 1) * channelsIn];
    return graph.emit('Slice', [parts, graph.int64([start]), graph.int64([end]), graph.int64([0])]);
  };
  const along = Array.from({ length: taps }, (_, tap) => tap);
  const join = (edges: readonly Edge[], axis: number) => graph.emit('Concat', edges, { axis });
  const bands = along.map((row) =>
    join(
      along.map((column) => partOf(row * taps + column)),
      3,
    ),
  );
  const whole = join(bands, 2);
  if (taps * stride === kernel) return whole;
  const end = graph.int64([kernel, kernel]);
  return graph.emit('Slice', [whole, graph.int64([0, 0]), end, graph.int64([2, 3])]);
}

/** Runtimes fuse this into a matrix product. */
function transposed(graph: Graph, edge: Edge, perm: readonly number[]): Edge {
  return graph.emit('Transpose', [edge], { perm });
}
