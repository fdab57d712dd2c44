import { fixed, type Graph, type Value } from '../graph/graph.ts';
import type { GradientRule } from '../graph/tape.ts';
import { swapFirstAxes } from './layout.ts';

/**
 * Deconvolution (backwards strided convolution, Long et al. 2015, section 3.3), no padding and no bias.
 *
 *   y[n, o, s i + u, s j + v] += w[c, o, u, v] x[n, c, i, j]
 *
 * @param x [N, C, H, W]
 * @param w [C, O, K, K]
 * @returns [N, O, (H - 1) stride + K, (W - 1) stride + K]
 */
export function deconvolution(graph: Graph, x: Value, w: Value, { stride }: { stride: number }): Value {
  const [, channelsOut, kernel] = w.shape.map(fixed) as [number, number, number, number];
  const strided = { kernel_shape: [kernel, kernel], strides: [stride, stride] };
  const sizeOf = (length: number) => (length - 1) * stride + kernel;
  const sizes = x.shape.slice(2).map((length) => graph.sizeAfter(length, sizeOf));
  const shape = [x.shape[0]!, channelsOut, ...sizes];
  const y = graph.emitValue('ConvTranspose', [x, w], strided, 'float32', shape);
  return graph.differentiable(y, deconvolutionRules(graph, x, w, stride));
}

/** The gradients of a deconvolution, from the gradient for all of its result. */
export function deconvolutionRules(
  graph: Graph,
  x: Value,
  w: Value,
  stride: number,
): (readonly [Value, GradientRule])[] {
  const strided = { strides: [stride, stride] };
  return [
    [x, (dy) => graph.emit('Conv', [dy, w], strided)],
    [
      w,
      // dw[c, o, u, v] = sum over n, i, j of x[n, c, i, j] dy[n, o, s i + u, s j + v]: dy as the image and x as the
      // kernel, spread by the stride, with batch and channels in each other's place.
      (dy) => {
        const image = swapFirstAxes(graph, dy); // [O, N, H', W']
        const kernels = swapFirstAxes(graph, x); // [C, N, H, W]
        const dw = graph.emit('Conv', [image, kernels], { dilations: [stride, stride] }); // [O, C, K, K]
        return swapFirstAxes(graph, dw);
      },
    ],
  ];
}
