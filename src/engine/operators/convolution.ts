import { type Edge, fixed, type GradientRule, type Graph, type Value } from '../graph/graph.ts';
import { inputGradient } from './convolution-input-gradient.ts';
import { type ConvolutionSize, window } from './convolution-size.ts';
import {
  groupedWeightGradient,
  imageToColumns,
  stridedWeightGradient,
  weightGradient,
} from './convolution-weight-gradient.ts';
import { hasShiftedWeightGradient, shiftedWeightGradient } from './depthwise-weight-gradient.ts';
import { winogradConvolution } from './winograd.ts';
import { pixelTiles, winogradWeightGradient } from './winograd-weight-gradient.ts';

/** Zeros around a feature map: as many before as after both axes, or [before, after]. */
export type Pad = number | readonly [before: number, after: number];

interface ConvolutionOptions {
  readonly pad: Pad;
  readonly stride?: number;
  readonly groups?: number;
  readonly winograd?: boolean;
}

/**
 * Convolution (cross-correlation, as every framework has it). Group g of `groups` maps the g-th share of the input's
 * channels to the g-th share of the output's; groups = C makes it depthwise.
 *
 *   y[n, o, i, j] = b[o] + sum over c, u, v of w[o, c, u, v] x[n, c, s i + u - before, s j + v - before]
 *
 * with s = stride and c over the channels of o's group.
 *
 * @param x [N, C, H, W]
 * @param w [O, C / groups, K, K]
 * @param b [O]
 * @param winograd with fewer multiplications (winograd.ts), for 3x3 kernels of stride 1 and one group
 * @returns [N, O, H', W'] with H' = floor((H + before + after - K) / stride) + 1, and so W'
 */
export function convolution(
  graph: Graph,
  x: Value,
  w: Value,
  b: Value,
  { pad, stride = 1, groups = 1, winograd = false }: ConvolutionOptions,
): Value {
  const [channelsOut, channelsPerGroup, kernel] = w.shape.map(fixed) as [number, number, number, number];
  const batch = fixed(x.shape[0]);
  const [before, after] = typeof pad === 'number' ? [pad, pad] : pad;
  if (winograd && (kernel !== 3 || stride !== 1 || groups !== 1)) {
    throw new Error(
      `convolution: got Winograd for ${kernel}x${kernel} kernels, stride ${stride} and ${groups} groups`,
    );
  }
  const size = { batch, channelsOut, channelsPerGroup, kernel, before, after, stride, groups, winograd };
  const shape = [batch, channelsOut, graph.unknownSize(), graph.unknownSize()];
  const y = Object.assign(forward(graph, x, w, b, size), { dtype: x.dtype, shape });
  return graph.differentiable(y, [
    [x, (dy) => inputGradient(graph, dy, x, w, size)],
    weightRule(graph, x, w, size),
    [b, (dy) => graph.emit('ReduceSum', [dy, graph.int64([0, 2, 3])], { keepdims: 0 })],
  ]);
}

function forward(graph: Graph, x: Edge, w: Edge, b: Edge, size: ConvolutionSize): Edge {
  if (!size.winograd) return graph.emit('Conv', [x, w, b], window(size));
  const y = winogradConvolution(graph, x, w, { ...size, channelsIn: size.channelsPerGroup });
  return graph.emit('Add', [y, graph.reshape(b, [-1, 1, 1])]);
}

/** The fastest rule for a size; each was measured against the others on the maps of the networks that have it. */
function weightRule(
  graph: Graph,
  x: Value,
  w: Value,
  size: ConvolutionSize,
): readonly [Value, GradientRule, 'carries'?] {
  if (size.stride > 1) return [w, (dy) => stridedWeightGradient(graph, dy, x, size)];
  if (size.groups === 1) {
    const gradient = size.winograd ? winogradWeightGradient : weightGradient;
    let pixels: Edge | undefined; // the same for all rows
    const rule: GradientRule = (dy, carry, rows) => {
      pixels ??= size.winograd ? pixelTiles(graph, dy, x, size) : imageToColumns(graph, x, size);
      return gradient(graph, dy, pixels, size, carry, rows);
    };
    return [w, rule, 'carries'];
  }
  if (hasShiftedWeightGradient(size)) return [w, (dy) => shiftedWeightGradient(graph, dy, x, size)];
  return [w, (dy) => groupedWeightGradient(graph, dy, x, size)];
}
