import type { Edge, Graph } from '../graph/graph.ts';
import { type ConvolutionSize, isDepthwise } from './convolution-size.ts';

/**
 * From this many channels on maps are small (MobileNetV2: 1/16 of the image and less): a product for each of their many
 * planes then costs more than it saves.
 */
const manyChannels = 256;

/** Depthwise with stride 1, and pads so small that no shift below removes more rows than the smallest map has. */
export function hasShiftedWeightGradient(size: ConvolutionSize): boolean {
  return isDepthwise(size) && size.stride === 1 && size.before <= 1 && size.after <= 1;
}

/**
 * dw[c, 0, u, v] = sum over n, i, j of dy[n, c, i, j] x[n, c, i + u - before, j + v - before]: x shifted along its rows
 * for each v times dy shifted along its columns for each u. These are 2 K copies, where shifting x alone takes K * K.
 */
export function shiftedWeightGradient(
  graph: Graph,
  dy: Edge,
  x: Edge,
  { batch, channelsOut: channels, kernel, before, after }: ConvolutionSize,
): Edge {
  const planes = batch * channels;
  const offsets = Array.from({ length: kernel }, (_, offset) => offset);
  /** Zeros where positive, removed where negative. */
  const pad = (map: Edge, [top, left, bottom, right]: readonly [number, number, number, number]) =>
    top || left || bottom || right
      ? graph.emit('Pad', [map, graph.int64([0, 0, top, left, 0, 0, bottom, right])])
      : map;
  // Both have the height of x and the width of dy.
  const images = offsets.map((v) => pad(x, [0, before - v, 0, after - (kernel - 1 - v)]));
  const errors = offsets.map((u) => pad(dy, [u - before, 0, kernel - 1 - u - after, 0]));
  const products =
    channels < manyChannels
      ? matrixProducts(graph, errors, images, planes)
      : sumsOfProducts(graph, errors, images, planes);
  const dw = graph.reshape(products, [batch, channels, 1, kernel, kernel]);
  return graph.emit('ReduceSum', [dw, graph.int64([0])], { keepdims: 0 });
}

/** Products of each error with each image, summed over their pixels. [planes, errors, images] */
function matrixProducts(
  graph: Graph,
  errors: readonly Edge[],
  images: readonly Edge[],
  planes: number,
): Edge {
  const rows = images.map((image) => graph.reshape(image, [planes, 1, -1]));
  const stacked = graph.emit('Concat', rows, { axis: 1 });
  const columns = graph.emit('Transpose', [stacked], { perm: [0, 2, 1] });
  const products = errors.map((error) =>
    graph.emit('MatMul', [graph.reshape(error, [planes, 1, -1]), columns]),
  );
  return graph.emit('Concat', products, { axis: 1 });
}

/** The same, pixel by pixel. [planes, errors * images] */
function sumsOfProducts(
  graph: Graph,
  errors: readonly Edge[],
  images: readonly Edge[],
  planes: number,
): Edge {
  const asRows = (maps: readonly Edge[]) => maps.map((map) => graph.reshape(map, [planes, -1]));
  const rows = asRows(images);
  const sums = asRows(errors).flatMap((error) =>
    rows.map((row) => graph.emit('ReduceSum', [graph.emit('Mul', [error, row]), graph.int64([1])])),
  );
  return graph.emit('Concat', sums, { axis: 1 });
}
