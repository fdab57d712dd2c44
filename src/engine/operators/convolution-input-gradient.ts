import type { Edge, Graph, Value } from '../graph/graph.ts';
import { type ConvolutionSize, isDepthwise, reachOf, window } from './convolution-size.ts';
import { halfTurn, spatialSize, swapFirstAxes } from './layout.ts';

/**
 * dx is dy convolved with the kernels transposed and turned by half a turn, padded by d (K - 1) - pad; for 1x1 kernels it is a
 * matrix product. For large kernels, which meet small maps (fc6: 7x7 on 512
 * channels), and for groups ConvTranspose is faster: it needs no transposed copy of the weights. It also serves strides,
 * and a pad larger than the kernel, where that is negative. Depthwise kernels have nothing to transpose, and Conv is twice as fast for them.
 */
export function inputGradient(graph: Graph, dy: Edge, x: Edge, w: Edge, size: ConvolutionSize): Edge {
  const { kernel, stride, groups } = size;
  if (stride > 1) return stridedInputGradient(graph, dy, x, w, size);
  const turned = { ...size, before: reachOf(size) - size.before, after: reachOf(size) - size.after };
  const depthwise = isDepthwise(size);
  if (kernel === 1 && groups === 1 && size.before === 0 && size.after === 0) {
    return pointwiseInputGradient(graph, dy, w, size);
  }
  if (turned.before < 0 || turned.after < 0 || (!depthwise && (kernel > 3 || groups > 1))) {
    return graph.emit('ConvTranspose', [dy, w], window(size));
  }
  const transposed = depthwise ? w : swapFirstAxes(graph, w);
  return graph.emit('Conv', [dy, halfTurn(graph, transposed)], window(turned));
}

/**
 * For 1x1 kernels dx is w transposed times dy: a matrix product, for which runtimes need no transposed copy (fc7: 67 MB).
 */
function pointwiseInputGradient(graph: Graph, dy: Edge, w: Edge, size: ConvolutionSize): Edge {
  const { batch, channelsOut, channelsPerGroup } = size;
  const matrix = graph.reshape(w, [channelsOut, channelsPerGroup]);
  const transposed = graph.emit('Transpose', [matrix], { perm: [1, 0] });
  const dx = graph.emit('MatMul', [transposed, graph.reshape(dy, [batch, channelsOut, -1])]);
  const channels = graph.int64([batch, channelsPerGroup]);
  const shape = graph.emit('Concat', [channels, spatialSize(graph, dy)], { axis: 0 });
  return graph.emit('Reshape', [dx, shape]);
}

/**
 * Up to stride - 1 rows at the end of x may be under no window. If the size of x is known, ConvTranspose makes as many; else it makes
 * the most, and x says how many stay, which takes a copy.
 */
function stridedInputGradient(graph: Graph, dy: Edge, x: Edge, w: Edge, size: ConvolutionSize): Edge {
  const [, , height, width] = (x as Value).shape;
  if (typeof height === 'number' && typeof width === 'number') {
    const uncovered = [height, width].map(
      (length) => (length + size.before + size.after - reachOf(size) - 1) % size.stride,
    );
    return graph.emit('ConvTranspose', [dy, w], { ...window(size), output_padding: uncovered });
  }
  const most = [size.stride - 1, size.stride - 1];
  const dx = graph.emit('ConvTranspose', [dy, w], { ...window(size), output_padding: most });
  return graph.emit('Slice', [dx, graph.int64([0, 0]), spatialSize(graph, x), graph.int64([2, 3])]);
}
