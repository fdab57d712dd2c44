import { type Edge, fixed, type Graph, type Value } from '../graph/graph.ts';
import { crop } from './crop.ts';
import { deconvolution, deconvolutionRules } from './deconvolution.ts';
import { halfTurn, spatialSize, zerosAround } from './layout.ts';

/** Beyond this stride there is more to rearrange in the kernels than there is in the maps. */
export const largestBlock = 16;

/**
 * A deconvolution, of whose result only the pixels of `reference` are computed, from row and column `offset` on.
 *
 * The result consists of blocks of stride x stride pixels, and each block depends on the same few pixels of x: on
 * T x T with T = ceil(K / stride). That is a convolution with stride^2 channels for each one (Shi et al. 2016, section 3.2),
 * whose channels are then laid out as pixels. ONNX Runtime's ConvTranspose would hold K^2 numbers for each pixel of x instead.
 *
 * @param x [N, C, H, W]
 * @param w [C, O, K, K]
 * @param reference [., ., H', W']
 * @returns [N, O, H', W']
 */
export function croppedDeconvolution(
  graph: Graph,
  x: Value,
  w: Value,
  { stride, offset, reference }: { stride: number; offset: number; reference: Value },
): Value {
  if (stride > largestBlock) {
    return crop(graph, deconvolution(graph, x, w, { stride }), reference, { offset });
  }
  const [, channelsOut, kernel] = w.shape.map(fixed) as [number, number, number, number];
  const taps = Math.ceil(kernel / stride);
  const firstBlock = Math.floor(offset / stride);
  const firstPixel = Math.max(0, firstBlock - (taps - 1));
  const spatial = graph.int64([2, 3]);

  const size = spatialSize(graph, reference);
  const lastOfResult = graph.emit('Add', [size, graph.int64([offset - 1])]);
  const lastPixel = graph.emit('Div', [lastOfResult, graph.int64([stride])]);
  const end = graph.emit('Add', [lastPixel, graph.int64([1])]);
  const seen = graph.emit('Slice', [x, graph.int64([firstPixel, firstPixel]), end, spatial]);
  const before = taps - 1 - (firstBlock - firstPixel);
  const kernels = blockKernels(graph, w, stride);
  const blocks = graph.emit('Conv', [seen, kernels], { pads: [before, before, taps - 1, taps - 1] });
  const pixels = graph.emit('DepthToSpace', [blocks], { blocksize: stride, mode: 'CRD' });
  const start = graph.int64([offset - firstBlock * stride, offset - firstBlock * stride]);
  const shape = [x.shape[0]!, channelsOut, reference.shape[2]!, reference.shape[3]!];
  const cut = [pixels, start, graph.emit('Add', [size, start]), spatial];
  const y = graph.emitValue('Slice', cut, {}, 'float32', shape);

  // The gradient for the whole result is that for the crop, zeros around it.
  const wholeGradient = (dy: Edge) => {
    const offsets = graph.int64([offset, offset]);
    const steps = graph.emit('Mul', [spatialSize(graph, x), graph.int64([stride])]);
    const whole = graph.emit('Add', [steps, graph.int64([kernel - stride])]);
    const after = graph.emit('Sub', [whole, graph.emit('Add', [size, offsets])]);
    return zerosAround(graph, dy, offsets, after);
  };
  let whole: Edge | undefined;
  return graph.differentiable(
    y,
    deconvolutionRules(graph, x, w, stride).map(([value, rule]) => [
      value,
      (dy) => {
        whole ??= wholeGradient(dy);
        return rule(whole);
      },
    ]),
  );
}

/** w [C, O, K, K] as kernels [O * stride^2, C, T, T] that give a block: turned. */
function blockKernels(graph: Graph, w: Value, stride: number): Edge {
  const [channelsIn, channelsOut, kernel] = w.shape.map(fixed) as [number, number, number, number];
  const taps = Math.ceil(kernel / stride);
  const filled = wholeTaps(graph, w, stride);
  const split = graph.reshape(filled, [channelsIn, channelsOut, taps, stride, taps, stride]);
  const byPixel = graph.emit('Transpose', [split], { perm: [1, 3, 5, 0, 2, 4] });
  return halfTurn(graph, graph.reshape(byPixel, [channelsOut * stride * stride, channelsIn, taps, taps]));
}

/** Kernels with zeros up to whole taps of stride x stride: w [C, O, K, K] to [C, O, T * stride, T * stride]. */
export function wholeTaps(graph: Graph, w: Value, stride: number): Edge {
  const kernel = fixed(w.shape[2]);
  const missing = Math.ceil(kernel / stride) * stride - kernel;
  if (missing === 0) return w;
  return graph.emit('Pad', [w, graph.int64([0, 0, 0, 0, 0, 0, missing, missing])]);
}
