import type { Edge, Graph } from '../graph/graph.ts';
import { type ConvolutionSize, isDepthwise } from './convolution-size.ts';
import { sumOfImages } from './layout.ts';

/**
 * From this many channels on maps are small (MobileNetV2: 1/16 of the image and less): a product for each of their many
 * planes then costs more than it saves.
 */
const manyChannels = 256;

/** Depthwise with stride 1, and pads so small that no shift below removes more rows than the smallest map has. */
export function hasShiftedWeightGradient(size: ConvolutionSize): boolean {
  return isDepthwise(size) && size.stride === 1 && size.dilation === 1 && size.before <= 1 && size.after <= 1;
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
  // Pads put zeros where positive and remove what is there where negative: both kinds get the height of x and the width
  // of dy. They are applied to matrices, which is faster than on all four axes.
  const imageRows = graph.emit('Flatten', [x], { axis: 3 }); // [N * C * H, W]
  const images = offsets.map((v) => {
    const shifted = padRows(graph, imageRows, before - v, after - (kernel - 1 - v));
    return graph.reshape(shifted, [planes, -1]);
  });
  const errorPlanes = graph.reshape(dy, [planes, -1]); // [N * C, H' * W']
  const width = graph.emit('Shape', [dy], { start: 3, end: 4 });
  const errors = offsets.map((u) => padRows(graph, errorPlanes, u - before, kernel - 1 - u - after, width));

  const products =
    channels < manyChannels
      ? matrixProducts(graph, errors, images, planes)
      : sumsOfProducts(graph, errors, images);
  return sumOfImages(graph, products, [batch, channels, 1, kernel, kernel]);
}

/** Pads the rows of a matrix at their start and end, by that many elements or, if there is one, multiples of a unit. */
function padRows(graph: Graph, matrix: Edge, start: number, end: number, unit?: Edge): Edge {
  if (start === 0 && end === 0) return matrix;
  const pads = graph.int64([0, start, 0, end]);
  return graph.emit('Pad', [matrix, unit ? graph.emit('Mul', [unit, pads]) : pads]);
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
function sumsOfProducts(graph: Graph, errors: readonly Edge[], images: readonly Edge[]): Edge {
  const sums = errors.flatMap((error) =>
    images.map((image) => graph.emit('ReduceSum', [graph.emit('Mul', [error, image]), graph.int64([1])])),
  );
  return graph.emit('Concat', sums, { axis: 1 });
}
