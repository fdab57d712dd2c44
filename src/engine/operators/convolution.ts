import { fixed, type Graph, type Value } from '../graph/graph.ts';
import type { GradientRule } from '../graph/tape.ts';
import {
  ConvolutionForward,
  ConvolutionInputGradient,
  ConvolutionWeightGradient,
  GroupedWeightGradient,
  StridedWeightGradient,
} from './convolution-meaning.ts';
import { type ConvolutionSize, reachOf, window } from './convolution-size.ts';

/** Zeros around a feature map: as many before as after both axes, or [before, after]. */
export type Pad = number | readonly [before: number, after: number];

export interface ConvolutionOptions {
  readonly pad: Pad;
  readonly stride?: number;
  /** Pixels from one entry of a kernel to the next; default 1. */
  readonly dilation?: number;
  readonly groups?: number;
}

/**
 * Convolution (cross-correlation, as every framework has it). Group g of `groups` maps the g-th share of the input's
 * channels to the g-th share of the output's; groups = C makes it depthwise.
 *
 *   y[n, o, i, j] = b[o] + sum over c, u, v of w[o, c, u, v] x[n, c, s i + d u - before, s j + d v - before]
 *
 * with s = stride, d = dilation and c over the channels of o's group. What computes it and its gradients is up to rewrites.
 *
 * @param x [N, C, H, W]
 * @param w [O, C / groups, K, K]
 * @param b [O]; undefined: none is added
 * @returns [N, O, H', W'] with H' = floor((H + before + after - d (K - 1) - 1) / stride) + 1, and so W'
 */
export function convolution(
  graph: Graph,
  x: Value,
  w: Value,
  b: Value | undefined,
  { pad, stride = 1, dilation = 1, groups = 1 }: ConvolutionOptions,
): Value {
  const [channelsOut, channelsPerGroup, kernel] = w.shape.map(fixed) as [number, number, number, number];
  const batch = fixed(x.shape[0]);
  const [before, after] = typeof pad === 'number' ? [pad, pad] : pad;
  const size = { batch, channelsOut, channelsPerGroup, kernel, before, after, stride, dilation, groups };
  const reach = reachOf(size);
  const sizeOf = (length: number) => Math.floor((length + before + after - reach - 1) / stride) + 1;
  const keepsSize = stride === 1 && before + after === reach; // and so the name of a size that has one
  const [, , ...sizes] = keepsSize ? x.shape : x.shape.map((length) => graph.sizeAfter(length, sizeOf));
  const shape = [batch, channelsOut, ...sizes];
  const edge = graph.emit('Conv', b ? [x, w, b] : [x, w], window(size), new ConvolutionForward(size));
  const y = Object.assign(edge, { dtype: x.dtype, shape });
  const again = (part: Value) => convolution(graph, part, w, b, { pad, stride, dilation, groups });
  return graph.differentiable(
    y,
    [
      [x, (dy) => graph.emit('ConvolutionInputGradient', [dy, w, x], {}, new ConvolutionInputGradient(size))],
      weightRule(graph, x, w, size),
      ...(b ? [biasRule(graph, b)] : []),
    ],
    before === 0 && after === 0 ? { kernel: reach + 1, stride, apply: again } : undefined,
  );
}

function biasRule(graph: Graph, b: Value): readonly [Value, GradientRule] {
  return [b, (dy) => graph.emit('ReduceSum', [dy, graph.int64([0, 2, 3])], { keepdims: 0 })];
}

/** The fastest rule for a size; each was measured against the others on the maps of the networks that have it. */
function weightRule(
  graph: Graph,
  x: Value,
  w: Value,
  size: ConvolutionSize,
): readonly [Value, GradientRule, 'carries'?] {
  const isSpread = size.stride > 1 || (size.dilation > 1 && size.groups > 1);
  if (isSpread) {
    const meaning = new StridedWeightGradient(size);
    return [w, (dy) => graph.emit('StridedWeightGradient', [dy, x], {}, meaning)];
  }
  if (size.groups === 1) {
    const shared = {};
    const rule: GradientRule = (dy, carry, rows) => {
      const meaning = new ConvolutionWeightGradient(size, rows, carry?.factor ?? 1, shared);
      return graph.emit('ConvolutionWeightGradient', carry ? [dy, x, carry.edge] : [dy, x], {}, meaning);
    };
    return [w, rule, 'carries'];
  }
  return [w, (dy) => graph.emit('GroupedWeightGradient', [dy, x], {}, new GroupedWeightGradient(size))];
}
