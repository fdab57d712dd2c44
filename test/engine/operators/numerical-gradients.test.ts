import { describe, expect, it } from 'vitest';
import { random } from '../../../src/base/rng.ts';
import { sizeOf, type Tensor, tensorOf } from '../../../src/base/tensor.ts';
import type { Graph, Value } from '../../../src/engine/graph/graph.ts';
import { add, maximum, scale } from '../../../src/engine/operators/arithmetic.ts';
import {
  batchNormalization,
  normalizationByStatistics,
} from '../../../src/engine/operators/batch-normalization.ts';
import { concatenate } from '../../../src/engine/operators/concatenate.ts';
import { convolution, type Pad } from '../../../src/engine/operators/convolution.ts';
import { crop } from '../../../src/engine/operators/crop.ts';
import { croppedDeconvolution } from '../../../src/engine/operators/cropped-deconvolution.ts';
import { deconvolution } from '../../../src/engine/operators/deconvolution.ts';
import { deconvolutionInBlocks } from '../../../src/engine/operators/deconvolution-in-blocks.ts';
import { dropout } from '../../../src/engine/operators/dropout.ts';
import { globalAveragePooling } from '../../../src/engine/operators/global-average-pooling.ts';
import { interpolate } from '../../../src/engine/operators/interpolate.ts';
import { localResponseNormalization } from '../../../src/engine/operators/local-response-normalization.ts';
import { diceLoss } from '../../../src/engine/operators/losses/dice-loss.ts';
import { focalLoss } from '../../../src/engine/operators/losses/focal-loss.ts';
import { lovaszLoss } from '../../../src/engine/operators/losses/lovasz-loss.ts';
import type { PixelLossOptions } from '../../../src/engine/operators/losses/pixel-loss.ts';
import { softmaxLoss } from '../../../src/engine/operators/losses/softmax-loss.ts';
import { type LossName, sumOfLosses } from '../../../src/engine/operators/losses/sum-of-losses.ts';
import { maxPooling } from '../../../src/engine/operators/max-pooling.ts';
import { paste } from '../../../src/engine/operators/paste.ts';
import { relu } from '../../../src/engine/operators/relu.ts';
import { relu6 } from '../../../src/engine/operators/relu6.ts';
import { repeatBorder } from '../../../src/engine/operators/repeat-border.ts';
import { resizeBilinear } from '../../../src/engine/operators/resize-bilinear.ts';
import { stackRows, takeRows } from '../../../src/engine/operators/rows.ts';
import { spread as spreadOver } from '../../../src/engine/operators/spread.ts';
import { stretch } from '../../../src/engine/operators/stretch.ts';
import { zeroFirstChannel } from '../../../src/engine/operators/zero-channel.ts';
import { usePhases } from '../../../src/engine/rewrites/phases.ts';
import { useWinograd } from '../../../src/engine/rewrites/winograd/winograd.ts';
import { type TileSize, tilesOf } from '../../../src/engine/rewrites/winograd/winograd-tiles.ts';
import { type Application, runWithGradients } from './run-graph.ts';

const stream = random(7, 'numerical gradients');
const normal = (...shape: number[]) =>
  tensorOf(
    'float32',
    shape,
    Array.from({ length: sizeOf(shape) }, () => stream.normal()),
  );
const bytes = (shape: number[], draw: () => number) =>
  tensorOf('uint8', shape, Array.from({ length: sizeOf(shape) }, draw));
/** Distinct values at least 0.1 apart and away from zero: no kink of relu or max lies within the step. */
const spread = (...shape: number[]) => {
  const n = sizeOf(shape);
  const order = Array.from({ length: n }, (_, i) => i).sort(() => stream.uniform() - 0.5);
  return tensorOf(
    'float32',
    shape,
    order.map((rank) => (rank - n / 2 + 0.5) * 0.1),
  );
};
const conv =
  (pad: Pad, stride?: number, groups?: number, dilation?: number) =>
  (graph: Graph, { x, w, b }: Record<string, Value>) =>
    convolution(graph, x!, w!, b, { pad, stride, groups, dilation });
const byWinograd = (tiles: TileSize) => (graph: Graph) => useWinograd(graph, () => tilesOf[tiles]);
const deconv =
  (stride: number) =>
  (graph: Graph, { x, w }: Record<string, Value>) =>
    deconvolution(graph, x!, w!, { stride });
const loss =
  (normalization: 'sum' | 'mean', classWeights?: number[]) =>
  (graph: Graph, { x, label }: Record<string, Value>) =>
    softmaxLoss(graph, x!, label!, { normalization, classWeights }).loss;
const sumOf =
  (names: LossName[], options: PixelLossOptions = {}) =>
  (graph: Graph, { x, label }: Record<string, Value>) => {
    const terms = names.map((name, i) => ({ name, weight: 1 + i / 2 }));
    return sumOfLosses(graph, x!, label!, terms, options).loss;
  };
/** Labels of 4 classes, some void. */
const labels = (...shape: number[]) => bytes(shape, () => [0, 1, 2, 3, 255][stream.integer(5)]!);
const convInputs = (batch: number, size: [number, number], kernel: number) => ({
  x: normal(batch, 3, ...size),
  w: normal(2, 3, kernel, kernel),
  b: normal(2),
});
const groupedInputs = (batch: number, channels: number, size: [number, number], w: Tensor) => ({
  x: normal(batch, channels, ...size),
  w,
  b: normal(w.shape[0]!),
});

/** Each call draws inputs of its own. */
const winogradCases = (tiles: TileSize) => ({
  [`convolution by Winograd F(${tiles}x${tiles}), batch of 2`]: {
    apply: conv(1),
    rewrite: byWinograd(tiles),
    inputs: convInputs(2, [5, 6], 3),
    outputShape: [2, 2, 5, 6],
    wanted: ['x', 'w', 'b'],
  },
  [`convolution by Winograd F(${tiles}x${tiles}), no pad`]: {
    apply: conv(0),
    rewrite: byWinograd(tiles),
    inputs: convInputs(1, [9, 8], 3),
    outputShape: [1, 2, 7, 6],
    wanted: ['x', 'w', 'b'],
  },
  [`convolution by Winograd F(${tiles}x${tiles}), pad at the end`]: {
    apply: conv([0, 2]),
    rewrite: byWinograd(tiles),
    inputs: convInputs(1, [4, 7], 3),
    outputShape: [1, 2, 4, 7],
    wanted: ['x', 'w', 'b'],
  },
});

const cases: Record<string, Omit<Application, 'dy'>> = {
  'convolution 3x3, pad 1': {
    apply: conv(1),
    inputs: convInputs(1, [5, 6], 3),
    outputShape: [1, 2, 5, 6],
    wanted: ['x', 'w', 'b'],
  },
  'convolution 3x3, batch of 2': {
    apply: conv(1),
    inputs: convInputs(2, [4, 5], 3),
    outputShape: [2, 2, 4, 5],
    wanted: ['x', 'w', 'b'],
  },
  'convolution 3x3, pad beyond the kernel': {
    apply: conv(4),
    inputs: convInputs(1, [3, 4], 3),
    outputShape: [1, 2, 9, 10],
    wanted: ['x', 'w', 'b'],
  },
  ...winogradCases(2),
  'convolution 7x7, no pad': {
    apply: conv(0),
    inputs: convInputs(2, [8, 9], 7),
    outputShape: [2, 2, 2, 3],
    wanted: ['x', 'w', 'b'],
  },
  'convolution 1x1': {
    apply: conv(0),
    inputs: convInputs(2, [3, 4], 1),
    outputShape: [2, 2, 3, 4],
    wanted: ['x', 'w', 'b'],
  },
  'convolution 3x3, stride 2, pad at the end': {
    apply: conv([0, 2], 2),
    inputs: convInputs(2, [6, 7], 3),
    outputShape: [2, 2, 3, 4],
    wanted: ['x', 'w', 'b'],
  },
  'convolution 5x5, stride 4, rows under no window': {
    apply: conv(7, 4),
    inputs: convInputs(1, [6, 9], 5),
    outputShape: [1, 2, 4, 5],
    wanted: ['x', 'w', 'b'],
  },
  'convolution 5x5, 2 groups': {
    apply: conv(2, 1, 2),
    inputs: groupedInputs(2, 4, [4, 5], normal(6, 2, 5, 5)),
    outputShape: [2, 6, 4, 5],
    wanted: ['x', 'w', 'b'],
  },
  'convolution 3x3, 2 groups, stride 2': {
    apply: conv([1, 0], 2, 2),
    inputs: groupedInputs(1, 4, [5, 6], normal(6, 2, 3, 3)),
    outputShape: [1, 6, 2, 3],
    wanted: ['x', 'w', 'b'],
  },
  'depthwise convolution': {
    apply: conv(1, 1, 4),
    inputs: groupedInputs(2, 4, [4, 5], normal(4, 1, 3, 3)),
    outputShape: [2, 4, 4, 5],
    wanted: ['x', 'w', 'b'],
  },
  'depthwise convolution, stride 2, pad at the end': {
    apply: conv([0, 2], 2, 4),
    inputs: groupedInputs(2, 4, [6, 7], normal(4, 1, 3, 3)),
    outputShape: [2, 4, 3, 4],
    wanted: ['x', 'w', 'b'],
  },
  ...Object.fromEntries(
    ([[0, 2], 1, [2, 0]] as const).map((pad) => [
      `depthwise convolution, stride 2, pad ${pad}, by phases`,
      {
        apply: conv(pad, 2, 3),
        inputs: groupedInputs(2, 3, [6, 7], normal(3, 1, 3, 3)),
        outputShape: [2, 3, 3, 4],
        wanted: ['x', 'w', 'b'],
        rewrite: usePhases,
      },
    ]),
  ),
  ...Object.fromEntries(
    ([[0, 2], 1, [2, 0]] as const).map((pad) => [
      `convolution 3x3, stride 2, pad ${pad}, by phases`,
      {
        apply: conv(pad, 2),
        inputs: { x: normal(2, 3, 6, 7), w: normal(4, 3, 3, 3), b: normal(4) },
        outputShape: [2, 4, 3, 4],
        wanted: ['x', 'w', 'b'],
        rewrite: usePhases,
      },
    ]),
  ),
  'convolution 3x3, dilated, stride 2, without a bias': {
    apply: conv(2, 2, 1, 2),
    inputs: { x: normal(2, 3, 7, 8), w: normal(2, 3, 3, 3) },
    outputShape: [2, 2, 4, 4],
    wanted: ['x', 'w'],
  },
  'max pooling, overlapping windows, padded': {
    apply: (g, { x }) => maxPooling(g, x!, { kernel: 3, stride: 2, pad: 1 }),
    inputs: { x: spread(2, 2, 7, 8) },
    outputShape: [2, 2, 4, 4],
    wanted: ['x'],
  },
  'batch normalization': {
    apply: (g, { x, scale, shift }) => batchNormalization(g, x!, { scale: scale!, shift: shift! }).y,
    inputs: { x: normal(2, 3, 4, 5), scale: normal(3), shift: normal(3) },
    outputShape: [2, 3, 4, 5],
    wanted: ['x', 'scale', 'shift'],
  },
  'normalization by running averages': {
    apply: (g, { x, scale, shift, mean, variance }) =>
      normalizationByStatistics(
        g,
        x!,
        { scale: scale!, shift: shift! },
        { mean: mean!, variance: variance! },
      ),
    inputs: {
      ...{ x: normal(2, 3, 4, 5), scale: normal(3), shift: normal(3), mean: normal(3) },
      variance: tensorOf('float32', [3], [0.5, 2, 3]),
    },
    outputShape: [2, 3, 4, 5],
    wanted: ['x', 'scale', 'shift'],
  },
  'bilinear enlargement': {
    apply: (g, { x, reference }) => resizeBilinear(g, x!, reference!),
    inputs: { x: normal(2, 2, 3, 4), reference: normal(1, 1, 21, 29) },
    outputShape: [2, 2, 21, 29],
    wanted: ['x'],
  },
  'convolution 3x3, dilation 2': {
    apply: conv(2, 1, 1, 2),
    inputs: { x: normal(2, 2, 5, 6), w: normal(3, 2, 3, 3), b: normal(3) },
    outputShape: [2, 3, 5, 6],
    wanted: ['x', 'w', 'b'],
  },
  'convolution 3x3, dilation 3, stride 2, pad at the end': {
    apply: conv([1, 4], 2, 1, 3),
    inputs: { x: normal(1, 2, 7, 8), w: normal(3, 2, 3, 3), b: normal(3) },
    outputShape: [1, 3, 3, 4],
    wanted: ['x', 'w', 'b'],
  },
  'depthwise convolution, dilation 2': {
    apply: conv(2, 1, 4, 2),
    inputs: groupedInputs(2, 4, [4, 5], normal(4, 1, 3, 3)),
    outputShape: [2, 4, 4, 5],
    wanted: ['x', 'w', 'b'],
  },
  'interpolation, zeros beyond the border on all sides': {
    apply: (g, { x, reference }) =>
      interpolate(g, x!, { stride: 4, origin: 2.5, reference: reference!, beyond: 'zero' }),
    inputs: { x: normal(2, 3, 3, 4), reference: normal(1, 1, 14, 18) },
    outputShape: [2, 3, 14, 18],
    wanted: ['x'],
  },
  'interpolation, beyond the border on all sides': {
    apply: (g, { x, reference }) => interpolate(g, x!, { stride: 4, origin: 3, reference: reference! }),
    inputs: { x: normal(2, 3, 3, 4), reference: normal(1, 1, 14, 18) },
    outputShape: [2, 3, 14, 18],
    wanted: ['x'],
  },
  'spread over a map': {
    apply: (g, { x, reference }) => spreadOver(g, x!, reference!),
    inputs: { x: normal(2, 3, 1, 1), reference: normal(1, 1, 4, 5) },
    outputShape: [2, 3, 4, 5],
    wanted: ['x'],
  },
  'deconvolution 4x4, stride 2': {
    apply: deconv(2),
    inputs: { x: normal(2, 3, 4, 3), w: normal(3, 2, 4, 4) },
    outputShape: [2, 2, 10, 8],
    wanted: ['x', 'w'],
  },
  'cropped deconvolution 7x7, stride 4': {
    apply: (g, { x, w, reference }) =>
      croppedDeconvolution(g, x!, w!, { stride: 4, offset: 6, reference: reference! }),
    inputs: { x: normal(2, 3, 4, 5), w: normal(3, 2, 7, 7), reference: normal(1, 1, 9, 13) },
    outputShape: [2, 2, 9, 13],
    wanted: ['x', 'w'],
  },
  'cropped deconvolution 7x7, stride 4, in blocks': {
    apply: (g, { x, w, reference }) =>
      deconvolutionInBlocks(g, x!, w!, { stride: 4, offset: 6, reference: reference! }).value,
    inputs: { x: normal(2, 3, 4, 5), w: normal(3, 2, 7, 7), reference: normal(1, 1, 9, 13) },
    outputShape: [2, 2, 16, 3 * 4],
    wanted: ['x', 'w'],
  },
  'max pooling, odd size': {
    apply: (g, { x }) => maxPooling(g, x!),
    inputs: { x: spread(2, 2, 5, 7) },
    outputShape: [2, 2, 3, 4],
    wanted: ['x'],
  },
  'max pooling, even size': {
    apply: (g, { x }) => maxPooling(g, x!),
    inputs: { x: spread(1, 2, 4, 6) },
    outputShape: [1, 2, 2, 3],
    wanted: ['x'],
  },
  'max pooling, overlapping windows, odd size': {
    apply: (g, { x }) => maxPooling(g, x!, { kernel: 3, stride: 2 }),
    inputs: { x: spread(2, 2, 7, 9) },
    outputShape: [2, 2, 3, 4],
    wanted: ['x'],
  },
  'max pooling, overlapping windows, even size': {
    apply: (g, { x }) => maxPooling(g, x!, { kernel: 3, stride: 2 }),
    inputs: { x: spread(2, 3, 6, 8) },
    outputShape: [2, 3, 3, 4],
    wanted: ['x'],
  },
  'max pooling, dilated': {
    apply: (g, { x }) => maxPooling(g, x!, { kernel: 3, stride: 1, dilation: 2 }),
    inputs: { x: spread(2, 2, 7, 6) },
    outputShape: [2, 2, 3, 2],
    wanted: ['x'],
  },
  'local response normalization': {
    apply: (g, { x }) => localResponseNormalization(g, x!, { size: 5, alpha: 2, beta: 0.75 }),
    inputs: { x: normal(2, 7, 3, 4) },
    outputShape: [2, 7, 3, 4],
    wanted: ['x'],
  },
  concatenate: {
    apply: (g, { x, z }) => concatenate(g, [x!, relu(g, z!), x!]),
    inputs: { x: normal(2, 2, 3, 4), z: spread(2, 3, 3, 4) },
    outputShape: [2, 7, 3, 4],
    wanted: ['x', 'z'],
  },
  'take rows': {
    apply: (g, { x }) => takeRows(g, x!, g.int64([1]), g.int64([4])),
    inputs: { x: normal(2, 3, 6, 4) },
    outputShape: [2, 3, 3, 4],
    wanted: ['x'],
  },
  'stack rows': {
    apply: (g, { x, z }) => stackRows(g, relu(g, x!), z!),
    inputs: { x: spread(2, 3, 2, 4), z: normal(2, 3, 3, 4) },
    outputShape: [2, 3, 5, 4],
    wanted: ['x', 'z'],
  },
  'repeat border': {
    apply: (g, { x }) => repeatBorder(g, x!, { before: 1, after: 1 }),
    inputs: { x: normal(2, 2, 3, 4) },
    outputShape: [2, 2, 5, 6],
    wanted: ['x'],
  },
  'repeat border of one row': {
    apply: (g, { x }) => repeatBorder(g, x!, { before: 1, after: 1 }),
    inputs: { x: normal(1, 2, 1, 4) },
    outputShape: [1, 2, 3, 6],
    wanted: ['x'],
  },
  'repeat border, more on one side': {
    apply: (g, { x }) => repeatBorder(g, x!, { before: 3, after: 2 }),
    inputs: { x: normal(2, 2, 3, 4) },
    outputShape: [2, 2, 8, 9],
    wanted: ['x'],
  },
  stretch: {
    apply: (g, { x }) => stretch(g, x!, { at: 1, size: g.int64([7, 4]) }),
    inputs: { x: normal(2, 2, 3, 4) },
    outputShape: [2, 2, 7, 4],
    wanted: ['x'],
  },
  paste: {
    apply: (g, { x, z }) => paste(g, z!, x!, { offset: 2 }),
    inputs: { x: normal(2, 3, 2, 3), z: normal(1, 3, 5, 6) },
    outputShape: [2, 3, 5, 6],
    wanted: ['x', 'z'],
  },
  'global average pooling': {
    apply: (g, { x }) => globalAveragePooling(g, x!),
    inputs: { x: normal(2, 3, 4, 5) },
    outputShape: [2, 3, 1, 1],
    wanted: ['x'],
  },
  relu6: {
    apply: (g, { x }) => relu6(g, x!),
    inputs: { x: spread(2, 4, 5, 6) }, // from -12 to 12
    outputShape: [2, 4, 5, 6],
    wanted: ['x'],
  },
  relu: {
    apply: (g, { x }) => relu(g, x!),
    inputs: { x: spread(1, 2, 3, 4) },
    outputShape: [1, 2, 3, 4],
    wanted: ['x'],
  },
  crop: {
    apply: (g, { x, reference }) => crop(g, x!, reference!, { offset: 2 }),
    inputs: { x: normal(1, 2, 8, 9), reference: normal(1, 1, 4, 3) },
    outputShape: [1, 2, 4, 3],
    wanted: ['x'],
  },
  add: {
    apply: (g, { x, z }) => add(g, x!, z!),
    inputs: { x: normal(1, 2, 3, 4), z: normal(1, 2, 3, 4) },
    outputShape: [1, 2, 3, 4],
    wanted: ['x', 'z'],
  },
  maximum: {
    apply: (g, { x, z }) => maximum(g, x!, z!),
    inputs: { x: normal(1, 2, 3, 4), z: normal(1, 2, 3, 4) },
    outputShape: [1, 2, 3, 4],
    wanted: ['x', 'z'],
  },
  'a value used twice': {
    apply: (g, { x }) => add(g, relu(g, x!), scale(g, x!, 3)),
    inputs: { x: spread(1, 1, 3, 4) },
    outputShape: [1, 1, 3, 4],
    wanted: ['x'],
  },
  scale: {
    apply: (g, { x }) => scale(g, x!, 0.01),
    inputs: { x: normal(1, 2, 3, 4) },
    outputShape: [1, 2, 3, 4],
    wanted: ['x'],
  },
  dropout: {
    apply: (g, { x, mask }) => dropout(g, x!, mask!, { rate: 0.25 }),
    inputs: { x: normal(1, 2, 3, 4), mask: bytes([1, 2, 3, 4], () => stream.integer(2)) },
    outputShape: [1, 2, 3, 4],
    wanted: ['x'],
  },
  'softmax loss, sum': {
    apply: loss('sum'),
    inputs: { x: normal(2, 4, 3, 5), label: bytes([2, 3, 5], () => [0, 1, 2, 3, 255][stream.integer(5)]!) },
    outputShape: [],
    wanted: ['x'],
  },
  'softmax loss with class weights, sum': {
    apply: loss('sum', [0.3, 2, 0, 1.5]),
    inputs: { x: normal(2, 4, 3, 5), label: bytes([2, 3, 5], () => [0, 1, 2, 3, 255][stream.integer(5)]!) },
    outputShape: [],
    wanted: ['x'],
  },
  'softmax loss with class weights, mean': {
    apply: loss('mean', [0.3, 2, 0, 1.5]),
    inputs: { x: normal(2, 4, 3, 5), label: bytes([2, 3, 5], () => [0, 1, 2, 3, 255][stream.integer(5)]!) },
    outputShape: [],
    wanted: ['x'],
  },
  'softmax loss with class weights, mean over no pixel': {
    apply: loss('mean', [0.3, 2, 0, 1.5]),
    inputs: { x: normal(1, 4, 3, 5), label: bytes([1, 3, 5], () => [2, 255][stream.integer(2)]!) },
    outputShape: [],
    wanted: ['x'],
  },
  'softmax loss, mean': {
    apply: loss('mean'),
    inputs: { x: normal(1, 4, 3, 5), label: bytes([1, 3, 5], () => [0, 3, 255][stream.integer(3)]!) },
    outputShape: [],
    wanted: ['x'],
  },
  'softmax loss of hard pixels': {
    apply: (g, { x, label }) => softmaxLoss(g, x!, label!, { hardPixels: 0.4 }).loss,
    inputs: { x: normal(2, 4, 3, 5), label: labels(2, 3, 5) },
    outputShape: [],
    wanted: ['x'],
  },
  'dice loss': {
    apply: (g, { x, label }) => diceLoss(g, x!, label!),
    inputs: { x: normal(2, 4, 3, 5), label: labels(2, 3, 5) },
    outputShape: [],
    wanted: ['x'],
  },
  'dice loss, two of four classes': {
    apply: (g, { x, label }) => diceLoss(g, x!, label!),
    inputs: { x: normal(1, 4, 3, 5), label: bytes([1, 3, 5], () => [0, 3, 255][stream.integer(3)]!) },
    outputShape: [],
    wanted: ['x'],
  },
  'focal loss': {
    apply: (g, { x, label }) => focalLoss(g, x!, label!).loss,
    inputs: { x: normal(2, 4, 3, 5), label: labels(2, 3, 5) },
    outputShape: [],
    wanted: ['x'],
  },
  'focal loss with class weights, sum': {
    apply: (g, { x, label }) =>
      focalLoss(g, x!, label!, { normalization: 'sum', classWeights: [0.3, 2, 0, 1.5] }).loss,
    inputs: { x: normal(2, 4, 3, 5), label: labels(2, 3, 5) },
    outputShape: [],
    wanted: ['x'],
  },
  'Lovász loss': {
    apply: (g, { x, label }) => lovaszLoss(g, x!, label!),
    inputs: { x: normal(2, 4, 3, 5), label: labels(2, 3, 5) },
    outputShape: [],
    wanted: ['x'],
  },
  'Lovász loss, two of four classes': {
    apply: (g, { x, label }) => lovaszLoss(g, x!, label!),
    inputs: { x: normal(1, 4, 3, 5), label: bytes([1, 3, 5], () => [0, 3, 255][stream.integer(3)]!) },
    outputShape: [],
    wanted: ['x'],
  },
  'sigmoid loss, mean': {
    apply: sumOf(['sigmoid']),
    inputs: { x: normal(2, 4, 3, 5), label: labels(2, 3, 5) },
    outputShape: [],
    wanted: ['x'],
  },
  'sigmoid loss with class weights, sum': {
    apply: sumOf(['sigmoid'], { normalization: 'sum', classWeights: [0.3, 2, 0, 1.5] }),
    inputs: { x: normal(2, 4, 3, 5), label: labels(2, 3, 5) },
    outputShape: [],
    wanted: ['x'],
  },
  'zero first channel': {
    apply: (g, { x }) => zeroFirstChannel(g, x!),
    inputs: { x: normal(2, 3, 4, 5) },
    outputShape: [2, 3, 4, 5],
    wanted: ['x'],
  },
  'sum of losses, mean': {
    apply: sumOf(['ce', 'dice', 'focal', 'lovasz']),
    inputs: { x: normal(2, 4, 3, 5), label: labels(2, 3, 5) },
    outputShape: [],
    wanted: ['x'],
  },
  'sum of losses, sum': {
    apply: sumOf(['lovasz', 'ce', 'dice'], { normalization: 'sum' }),
    inputs: { x: normal(2, 4, 3, 5), label: labels(2, 3, 5) },
    outputShape: [],
    wanted: ['x'],
  },
  ...winogradCases(4),
};

const dot = (a: Tensor, b: Tensor) =>
  Array.from(a.data as Float32Array).reduce((sum, v, i) => sum + v * Number(b.data[i]), 0);

/** (L(x + h u) - L(x - h u)) / 2h for the loss L = sum(y * dy), against the product of the gradient and u. */
describe('gradients agree with numerical directional derivatives', () => {
  for (const [name, application] of Object.entries(cases)) {
    it(name, async () => {
      const dy = application.outputShape.length > 0 ? normal(...application.outputShape) : undefined;
      const one = tensorOf('float32', [], [1]);
      const { gradients } = await runWithGradients({ ...application, dy });
      for (const input of application.wanted) {
        const at = application.inputs[input]!;
        const direction = normal(...at.shape);
        const h = 2 ** -8;
        const lossAt = async (step: number) => {
          const moved = tensorOf(
            'float32',
            at.shape,
            Array.from(at.data as Float32Array, (v, i) => Number(v) + step * Number(direction.data[i])),
          );
          const inputs = { ...application.inputs, [input]: moved };
          const { y } = await runWithGradients({ ...application, inputs, dy, wanted: [] });
          return dot(y, dy ?? one);
        };
        const numerical = ((await lossAt(h)) - (await lossAt(-h))) / (2 * h);
        const analytical = dot(gradients[input]!, direction);
        const scaleOfTerms =
          Math.sqrt(dot(gradients[input]!, gradients[input]!) * dot(direction, direction)) + 1e-6;
        expect(Math.abs(numerical - analytical) / scaleOfTerms, `gradient for ${input}`).toBeLessThan(1e-3);
      }
    });
  }
});

describe('what is carried is added to the gradient for the weights', () => {
  const convolutions = Object.entries(cases).filter(([, { inputs }]) => 'w' in inputs);
  it.each(convolutions)('%s', async (_, application) => {
    const dy = normal(...application.outputShape);
    const w = application.inputs.w!;
    const vector = normal(sizeOf(w.shape));
    const alone = await runWithGradients({ ...application, dy });
    const { gradients } = await runWithGradients({
      ...application,
      dy,
      carries: { w: { vector, factor: -0.75 } },
    });
    expect(gradients.w!.shape).toEqual(w.shape);
    gradients.w!.data.forEach((sum, i) => {
      const expected = -0.75 * Number(vector.data[i]) + Number(alone.gradients.w!.data[i]);
      expect(Math.abs(Number(sum) - expected)).toBeLessThan(1e-4);
    });
  });
});
