import { fixed, type Value } from '../graph/graph.ts';
import type { Construction, Initialization } from '../parameters/parameter.ts';
import { batchNormalization, normalizationByStatistics } from './batch-normalization.ts';
import { convolution, type Pad } from './convolution.ts';
import { deconvolution } from './deconvolution.ts';

export interface ConvolutionLayerOptions {
  /** Of the result. */
  readonly channels: number;
  readonly kernel: number;
  /** Zeros around the map; default 0. */
  readonly pad?: Pad;
  readonly stride?: number;
  readonly groups?: number;
  /** Pixels from one element of a kernel to the next; default 1. */
  readonly dilation?: number;
  /** Whether a bias is added; default true. */
  readonly bias?: boolean;
  /** Of the weights; default: for a rectified linear unit behind it. */
  readonly initialization?: Initialization;
}

/**
 * A convolution with parameters of its own, `NAME.weight` and `NAME.bias`; those that are there where a layer of this name was
 * applied before. On a map of 1x1 pixels, or with a kernel as large as the map, it is a fully connected layer.
 *
 * @param x [N, C, H, W]
 * @returns [N, channels, H', W'], see convolution
 */
export function convolutionLayer(
  construction: Construction,
  x: Value,
  name: string,
  { channels, kernel, initialization = 'he-normal', bias = true, ...settings }: ConvolutionLayerOptions,
): Value {
  const { pad = 0, stride = 1, groups = 1, dilation = 1 } = settings;
  const w = construction.parameter(
    `${name}.weight`,
    [channels, fixed(x.shape[1]) / groups, kernel, kernel],
    initialization,
  );
  const b = bias ? construction.parameter(`${name}.bias`, [channels], 'zero') : undefined;
  return convolution(construction.graph, x, w, b, { pad, stride, groups, dilation });
}

/** How a layer normalizes: by the statistics of each batch, which its running averages follow, or by these averages. */
export const normalizationModes = ['batch', 'running'] as const;
export type NormalizationMode = (typeof normalizationModes)[number];

/** The share of a batch in new running averages (PyTorch's default). */
const averagingShare = 0.1;

/**
 * Batch normalization with parameters of its own: `NAME.weight` and `NAME.bias`, which are learned, and the running averages
 * `NAME.running_mean` and `NAME.running_var`, which are not.
 *
 * @param x [N, C, H, W]
 * @returns [N, C, H, W], see batchNormalization and normalizationByStatistics
 */
export function batchNormalizationLayer(
  construction: Construction,
  x: Value,
  name: string,
  mode: NormalizationMode,
): Value {
  const { graph } = construction;
  const shape = [fixed(x.shape[1])];
  const own = {
    scale: construction.parameter(`${name}.weight`, shape, 'one'),
    shift: construction.parameter(`${name}.bias`, shape, 'zero'),
  };
  const averages = {
    mean: construction.parameter(`${name}.running_mean`, shape, 'zero', false),
    variance: construction.parameter(`${name}.running_var`, shape, 'one', false),
  };
  if (mode === 'running') return normalizationByStatistics(graph, x, own, averages);
  const { y, statistics } = batchNormalization(graph, x, own);
  construction.follow(`${name}.running_mean`, statistics.mean, averagingShare);
  construction.follow(`${name}.running_var`, statistics.variance, averagingShare);
  return y;
}

/**
 * A deconvolution with weights of its own, `NAME.weight`: enlarges a map by the stride, at first by bilinear interpolation of as many
 * channels as there are, or from random weights.
 *
 * @param x [N, C, H, W]
 * @returns [N, channels, (H - 1) stride + kernel, (W - 1) stride + kernel]
 */
export function deconvolutionLayer(
  construction: Construction,
  x: Value,
  name: string,
  {
    channels,
    kernel,
    stride,
    initialization = 'he-normal',
  }: { channels: number; kernel: number; stride: number; initialization?: Initialization },
): Value {
  const shape = [fixed(x.shape[1]), channels, kernel, kernel];
  const w = construction.parameter(`${name}.weight`, shape, initialization);
  return deconvolution(construction.graph, x, w, { stride });
}
