import { allocate, type Tensor } from '../../../base/tensor.ts';
import type { Edge, Value } from '../../graph/edge.ts';
import type { Graph, Node } from '../../graph/graph.ts';
import { replaceNodes } from '../../graph/replace.ts';
import { ConvolutionForward } from '../../operators/convolution-meaning.ts';
import type { ConvolutionSize } from '../../operators/convolution-size.ts';
import { spatialSize } from '../../operators/layout.ts';
import { tilesAt } from './winograd-tiles.ts';

const kernel = 7;

/**
 * F(2, 7): two results of a line from 8 products in place of 14. At these points, the largest error behind a ReLU is 3.4e-6 of the
 * largest result over 128 channels, where that of a sum in float32 is 3e-7; of nine sets, only one had less, by a hundredth. `transformLines`
 * relies on their order: 0, and pairs of a point and its negative.
 */
const { results, forPixels, forKernels, forResults } = tilesAt([0, 1, -1, 2, -2, 1 / 2, -1 / 2], kernel);
const factors = forPixels.length;

/** Kernels that a graph takes as factors (`kernelsByLines`), under another name. */
export interface KernelsByLines {
  readonly name: string;
  /** That of the parameter. */
  readonly of: string;
}

/**
 * Computes convolutions by 7x7 kernels (VGG's fc6) as the sum of their lines, each by Winograd's algorithm along that one axis: 8/14 of the
 * multiplications. The kernels' factors are 8/7 as large as the kernels, so a graph takes them in their place: for kernels that do not
 * change. On both axes there would be 16/49 of the multiplications, but 1.3 times the weights, and the error of both. Kernels that
 * something else uses, too, stay.
 */
export function useLines(graph: Graph): KernelsByLines[] {
  const others = graph.nodes.filter((node) => !isOfLines(node));
  const kept = new Set(others.flatMap(({ inputs }) => inputs));
  const byLines = new Map<Value, Value>();
  replaceNodes(graph, (node) => {
    const w = node.inputs[1] as Value;
    if (!isOfLines(node) || !graph.inputs.includes(w) || kept.has(w)) return undefined;
    const { size } = node.meaning;
    const shape = [factors * size.channelsOut, size.channelsPerGroup, kernel, 1];
    const lines = byLines.get(w) ?? graph.input(`${w.name} by lines`, 'float32', shape);
    byLines.set(w, lines);
    return convolutionByLines(graph, node.inputs, lines, size);
  });
  return [...byLines].map(([w, { name }]) => {
    graph.inputs.splice(graph.inputs.indexOf(w), 1);
    return { name, of: w.name };
  });
}

function isOfLines(node: Node): node is Node & { readonly meaning: ConvolutionForward } {
  return node.meaning instanceof ConvolutionForward && isLineSize(node.meaning.size);
}

/** Whether convolutions of this size are computed by lines: 7x7 kernels, stride 1, no dilation, one group and one image. */
export function isLineSize({ kernel: taps, batch, stride, dilation, groups }: ConvolutionSize): boolean {
  return taps === kernel && batch === 1 && stride === 1 && dilation === 1 && groups === 1;
}

/** @param lines [8 O, C, 7, 1]: of each factor all kernels, which have one column then */
function convolutionByLines(
  graph: Graph,
  [x, , b]: readonly Edge[],
  lines: Edge,
  { channelsPerGroup: channels, channelsOut, before, after }: ConvolutionSize,
): Edge {
  const matrix = graph.float32(forPixels.flat(), [factors, 1, 1, factors]);
  const perChannel = graph.emit('Tile', [matrix, graph.int64([channels, 1, 1, 1])]);
  const end = after + results - 1; // what is more than whole tiles is not looked at
  const byChannel = graph.emit('Conv', [x!, perChannel], {
    group: channels,
    strides: [1, results],
    pads: [before, before, after, end],
  });
  const flat = graph.reshape(byChannel, [channels, factors, -1]);
  const byFactor = graph.emit('Transpose', [flat], { perm: [1, 0, 2] });
  const size = graph.emit('Concat', [graph.int64([1, factors * channels]), spatialSize(graph, byChannel)], {
    axis: 0,
  });
  const pixels = graph.emit('Reshape', [byFactor, size]);
  const products = graph.emit('Conv', [pixels, lines], { group: factors, kernel_shape: [kernel, 1] }); // [1, 8 O, H', tiles]
  const matrixOfResults = graph.float32(forResults.flat(), [results, factors]);
  const sums = graph.emit('MatMul', [matrixOfResults, graph.reshape(products, [factors, -1])]);
  const tileByTile = graph.emit('Transpose', [sums], { perm: [1, 0] });
  const rows = graph.emit('Shape', [products], { start: 2, end: 3 });
  const wholeSize = graph.emit('Concat', [graph.int64([1, channelsOut]), rows, graph.int64([-1])], {
    axis: 0,
  });
  const whole = graph.emit('Reshape', [tileByTile, wholeSize]);
  const columns = graph.emit('Shape', [x!], { start: 3, end: 4 });
  const width = graph.emit('Add', [columns, graph.int64([before + after + 1 - kernel])]);
  const y = graph.emit('Slice', [whole, graph.int64([0]), width, graph.int64([3])]);
  return b ? graph.emit('Add', [y, graph.reshape(b, [-1, 1, 1])]) : y;
}

/** Lines of kernels between two pauses, in which others may do something. */
const linesAtOnce = 2 ** 18;

/**
 * The factors of the lines of kernels, which a graph takes in their place.
 * @param w [O, C, 7, 7]
 * @param giveBack is given kernels that are not read again
 * @returns [8 O, C, 7, 1]
 */
export async function kernelsByLines(
  { data, shape }: Tensor<'float32'>,
  giveBack: (kernels: Float32Array) => void,
): Promise<Tensor<'float32'>> {
  const [channelsOut, channels] = shape as [number, number];
  const factorsOf = allocate('float32', [factors * channelsOut, channels, kernel, 1]);
  const count = channelsOut * channels * kernel;
  for (let start = 0; start < count; start += linesAtOnce) {
    const end = Math.min(count, start + linesAtOnce);
    transformLines(data, factorsOf.data, start, end);
    giveBack(data.subarray(start * kernel, end * kernel));
    await new Promise((resolve) => setTimeout(resolve));
  }
  return factorsOf;
}

/** Points come in pairs but for the first and the last, 0 and infinity: for p and -p, only the odd powers have another sign. */
const pairs = Float64Array.from([1, 3, 5].flatMap((row) => forKernels[row]!));
const atZero = forKernels[0]![0]!;

function transformLines(kernels: Float32Array, into: Float32Array, start: number, end: number): void {
  const count = into.length / factors;
  for (let line = start; line < end; line++) {
    const at = line * kernel;
    const [first, last] = [kernels[at]!, kernels[at + 6]!];
    for (let pair = 0; pair < 3; pair++) {
      const row = pair * kernel;
      const even =
        pairs[row]! * first +
        pairs[row + 2]! * kernels[at + 2]! +
        pairs[row + 4]! * kernels[at + 4]! +
        pairs[row + 6]! * last;
      const odd =
        pairs[row + 1]! * kernels[at + 1]! +
        pairs[row + 3]! * kernels[at + 3]! +
        pairs[row + 5]! * kernels[at + 5]!;
      into[(2 * pair + 1) * count + line] = even + odd;
      into[(2 * pair + 2) * count + line] = even - odd;
    }
    into[line] = atZero * first;
    into[7 * count + line] = last;
  }
}
