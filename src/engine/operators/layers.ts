import { fixed, type Value } from '../graph/graph.ts';
import type { Construction, Initialization } from '../parameters/parameter.ts';
import { convolution, type Pad } from './convolution.ts';
import { deconvolution } from './deconvolution.ts';

export interface ConvolutionLayerOptions {
  /** Of the result. */
  readonly channels: number;
  readonly kernel: number;
  /** Zeros around the map; default 0. */
  readonly pad?: Pad;
  readonly stride?: number;
  /** Pixels from one entry of a kernel to the next; default 1. */
  readonly dilation?: number;
  readonly groups?: number;
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
  { channels, kernel, initialization = 'he-normal', ...settings }: ConvolutionLayerOptions,
): Value {
  const { pad = 0, stride = 1, dilation = 1, groups = 1 } = settings;
  const w = construction.parameter(
    `${name}.weight`,
    [channels, fixed(x.shape[1]) / groups, kernel, kernel],
    initialization,
  );
  const b = construction.parameter(`${name}.bias`, [channels], 'zero');
  return convolution(construction.graph, x, w, b, { pad, stride, dilation, groups });
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
