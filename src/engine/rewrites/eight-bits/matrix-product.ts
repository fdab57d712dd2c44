import { allocate, type Tensor } from '../../../base/tensor.ts';
import type { Edge, Graph, Node } from '../../graph/graph.ts';
import { ConvolutionForward } from '../../operators/convolution-meaning.ts';

/** Weights that no cache holds. */
const manyWeights = 2 ** 22;

/**
 * Whether a convolution is better computed as a matrix product. ONNX Runtime's convolution of bytes cuts the map into a few dozen
 * pixels at a time and reads all weights for each of them; its matrix product reads them once. That pays where weights are many
 * and maps are small: in the layers that were a classifier's (fc6, fc7).
 */
export function isMatrixProduct({ meaning, inputs }: Node, weights: ReadonlyMap<string, Tensor>): boolean {
  if (!(meaning instanceof ConvolutionForward)) return false;
  const { before, after, stride, dilation, groups } = meaning.size;
  const isPlain = before === 0 && after === 0 && stride === 1 && dilation === 1 && groups === 1;
  return isPlain && weights.get(inputs[1]!.name)!.data.length >= manyWeights;
}

/**
 * Emits the patches that the kernels see, as rows of a matrix.
 * @param bytes [N, C, H, W]
 * @returns [N, H - K + 1, W - K + 1, K K C]
 */
export function patches(graph: Graph, bytes: Edge, kernel: number): Edge {
  const channelsLast = graph.emit('Transpose', [bytes], { perm: [0, 2, 3, 1] });
  return [2, 1].reduce((map, axis) => shifted(graph, map, axis, kernel), channelsLast);
}

/** Puts the K shifts of a map along an axis one behind the other, as channels. */
function shifted(graph: Graph, map: Edge, axis: number, kernel: number): Edge {
  if (kernel === 1) return map;
  const shifts = Array.from({ length: kernel }, (_, shift) => {
    const end = shift - (kernel - 1) || 2 ** 31 - 1;
    return graph.emit('Slice', [map, graph.int64([shift]), graph.int64([end]), graph.int64([axis])]);
  });
  return graph.emit('Concat', shifts, { axis: 3 });
}

/**
 * The kernels as the other matrix.
 * @param weight [O, C, K, K]
 * @returns [K K C, O]
 */
export function asMatrix(weight: Tensor<'int8'>): Tensor<'int8'> {
  const [channelsOut, channels, kernel] = weight.shape as [number, number, number];
  const positions = kernel * kernel;
  const matrix = allocate('int8', [positions * channels, channelsOut]);
  for (let channel = 0; channel < channels; channel++) {
    for (let out = 0; out < channelsOut; out++) {
      const from = (out * channels + channel) * positions;
      for (let position = 0; position < positions; position++) {
        matrix.data[(position * channels + channel) * channelsOut + out] = weight.data[from + position]!;
      }
    }
  }
  return matrix;
}
