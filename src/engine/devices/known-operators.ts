import { allocate, type Tensor, tensorOf } from '../../base/tensor.ts';
import { encodeModel } from '../graph/encode.ts';
import { Graph } from '../graph/graph.ts';

/** A graph, what it is given, and what it must give. */
export interface KnownGraph {
  readonly model: Uint8Array;
  readonly inputs: Readonly<Record<string, Tensor<'float32'>>>;
  /** By the name of the operator. */
  readonly results: Readonly<Record<string, Tensor<'float32'>>>;
}

const [channels, kernels, height, width] = [6, 32, 5, 6];
const [rows, inner, columns] = [5, 16, 7];

/**
 * Small operators whose results are known: everything is a whole number below 2^24, and so exact in float32 in whatever order it
 * is added up. Numbers above 2^11 tell a device that computes with less than float32 has. The convolution is one that ONNX Runtime
 * 1.30 computes wrongly on WebGPU in the layout NHWC (docs/onnxruntime-nhwc.md).
 */
export function knownOperators(): KnownGraph {
  const inputs = {
    x: filled([1, channels, height, width], (i) => ((i * 2657) % 4099) - 2048),
    w: filled([kernels, channels, 2, 2], (i) => ((i * 7) % 11) - 5),
    b: filled([kernels], (i) => i - 16),
    matrix: filled([rows, inner], (i) => ((i * 1471) % 4099) - 2048),
    other: filled([inner, columns], (i) => ((i * 5) % 9) - 4),
  };
  const graph = new Graph();
  const [x, w, b, matrix, other] = Object.entries(inputs).map(([name, { shape }]) =>
    graph.input(name, 'float32', shape),
  );
  const convolved = graph.emit('Conv', [x!, w!, b!]);
  const pooled = graph.emit('MaxPool', [convolved], { kernel_shape: [2, 2], strides: [2, 2] });
  const results = {
    Conv: convolution(inputs.x, inputs.w, inputs.b),
    MaxPool: allocate('float32', [1, kernels, 2, 2]),
    MatMul: product(inputs.matrix, inputs.other),
  };
  results.MaxPool.data.set(maxima(results.Conv));
  const edges = { Conv: convolved, MaxPool: pooled, MatMul: graph.emit('MatMul', [matrix!, other!]) };
  for (const [name, { shape }] of Object.entries(results)) {
    graph.output(name, edges[name as keyof typeof edges], 'float32', shape);
  }
  return { model: encodeModel(graph, 'known operators'), inputs, results };
}

function filled(shape: readonly number[], at: (index: number) => number): Tensor<'float32'> {
  const size = shape.reduce((product, length) => product * length, 1);
  return tensorOf(
    'float32',
    shape,
    Array.from({ length: size }, (_, i) => at(i)),
  );
}

function convolution(x: Tensor<'float32'>, w: Tensor<'float32'>, b: Tensor<'float32'>): Tensor<'float32'> {
  const [above, across] = [height - 1, width - 1];
  return filled([1, kernels, above, across], (index) => {
    const [o, i, j] = [
      Math.floor(index / (above * across)),
      Math.floor(index / across) % above,
      index % across,
    ];
    let sum = b.data[o]!;
    for (let k = 0; k < channels * 4; k++) {
      const [c, u, v] = [Math.floor(k / 4), Math.floor(k / 2) % 2, k % 2];
      sum += w.data[o * channels * 4 + k]! * x.data[(c * height + i + u) * width + j + v]!;
    }
    return sum;
  });
}

/** 2x2 max pooling with stride 2, of whole windows. */
function maxima({ data }: Tensor<'float32'>): number[] {
  const [above, across] = [height - 1, width - 1];
  return Array.from({ length: kernels * 4 }, (_, index) => {
    const start =
      (Math.floor(index / 4) * above + 2 * (Math.floor(index / 2) % 2)) * across + 2 * (index % 2);
    return Math.max(...[0, 1, across, across + 1].map((offset) => data[start + offset]!));
  });
}

function product(a: Tensor<'float32'>, b: Tensor<'float32'>): Tensor<'float32'> {
  return filled([rows, columns], (index) => {
    const [i, j] = [Math.floor(index / columns), index % columns];
    let sum = 0;
    for (let k = 0; k < inner; k++) sum += a.data[i * inner + k]! * b.data[k * columns + j]!;
    return sum;
  });
}
