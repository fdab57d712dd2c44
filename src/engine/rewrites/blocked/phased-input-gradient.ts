import type { Edge, Graph, Value } from '../../graph/graph.ts';
import type { ConvolutionSize } from '../../operators/convolution-size.ts';
import { backwards } from '../../operators/layout.ts';
import { type BlockedMap, depthwiseConvolution, interleave, toBlocks } from './blocked-operators.ts';

/** Whether a depthwise convolution has 3x3 kernels and stride 2, and results for all 2x2 blocks of a map of even height and width. @param x the map */
export function hasPhases(size: ConvolutionSize, x: Value): boolean {
  const { kernel, stride, dilation, before, after } = size;
  const isCovered = (length: Value['shape'][number] | undefined) =>
    typeof length === 'number' && length % 2 === 0 && before + after >= 1 && before + after <= 2;
  const fits = kernel === 3 && stride === 2 && dilation === 1 && before <= 1;
  return fits && x.shape.slice(2).every(isCovered);
}

/**
 * dx[n, c, y, x] = sum over u, v of w[c, 0, u, v] dy[n, c, (y + before - u) / 2, (x + before - v) / 2], where these are whole. Rows
 * that are even meet other rows of the kernels than odd ones do, and columns likewise: each of the four phases of dx is a
 * convolution of dy by a part of the kernels.
 * @param dy in blocks
 * @param kernels [1, C, 3, 3]
 * @param shape of dx
 */
export function phasedInputGradient(
  graph: Graph,
  dy: BlockedMap,
  kernels: Edge,
  { before }: ConvolutionSize,
  shape: readonly [number, number, number, number],
): BlockedMap {
  const axes = [0, 1].map((phase) => tapsOf(phase, before));
  const phases = axes.flatMap((rows) => axes.map((columns) => phaseOf(graph, dy, kernels, rows, columns)));
  return interleave(graph, phases, shape);
}

/** The entries of a kernel along an axis that a phase meets, from the last on, and where the first and the last of them see dy. */
interface Taps {
  readonly from: number;
  readonly pads: readonly [before: number, after: number];
}

function tapsOf(phase: number, before: number): Taps {
  const entries = [2, 1, 0].filter((entry) => (phase + before - entry) % 2 === 0);
  const offsets = entries.map((entry) => (phase + before - entry) / 2);
  return { from: entries[0]!, pads: [-offsets[0]!, offsets.at(-1)!] };
}

function phaseOf(graph: Graph, dy: BlockedMap, kernels: Edge, rows: Taps, columns: Taps): BlockedMap {
  const part = backwards(graph, kernels, [rows.from, columns.from], 2);
  const pads = [rows.pads[0], columns.pads[0], rows.pads[1], columns.pads[1]] as const;
  return depthwiseConvolution(graph, dy, toBlocks(graph, part, dy.channels), { pads });
}
