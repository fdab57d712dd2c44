import { fromBinary } from '@bufbuild/protobuf';
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { random } from '../../../src/base/rng.ts';
import { type Tensor, tensorOf } from '../../../src/base/tensor.ts';
import { encodeModel } from '../../../src/engine/graph/encode.ts';
import { Graph, type Value } from '../../../src/engine/graph/graph.ts';
import { ModelProtoSchema } from '../../../src/engine/onnx/onnx_pb.ts';
import { convolution } from '../../../src/engine/operators/convolution.ts';
import { maxPooling } from '../../../src/engine/operators/max-pooling.ts';
import { relu } from '../../../src/engine/operators/relu.ts';
import { type Affine, affineOf } from '../../../src/engine/rewrites/eight-bits/affine.ts';
import { planQuantization } from '../../../src/engine/rewrites/eight-bits/plan.ts';
import { quantizeGraph } from '../../../src/engine/rewrites/eight-bits/quantize-graph.ts';

const stream = random('test', 'small graphs');
const normal = (shape: readonly number[], deviation = 1) =>
  tensorOf(
    'float32',
    shape,
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => deviation * stream.normal()),
  );

/** Runs a model in the published ONNX Runtime, with or without its integer kernels. */
async function run(model: Uint8Array, x: Tensor<'float32'>, fused = true): Promise<Float32Array> {
  const session = await InferenceSession.create(model, {
    graphOptimizationLevel: fused ? 'all' : 'disabled',
  });
  const { y } = await session.run({ x: new OrtTensor('float32', x.data, x.shape) });
  await session.release();
  return y!.data as Float32Array;
}

interface Layers {
  readonly w: Tensor<'float32'>;
  readonly b: Tensor<'float32'>;
  /** Ranges of the input and of the result. */
  readonly ranges: readonly [input: Affine, result: Affine];
  /** What stands behind the convolution; default: a rectified linear unit. */
  readonly build?: (graph: Graph, convolve: (x: Value) => Value, x: Value) => Value;
}

/** Builds a graph of a convolution (no pad) and quantizes it. */
function quantized(x: Tensor<'float32'>, { w, b, ranges, build }: Layers): Uint8Array {
  const graph = new Graph();
  const image = graph.input('x', 'float32', x.shape);
  const [weight, bias] = [
    graph.input('c.weight', 'float32', w.shape),
    graph.input('c.bias', 'float32', b.shape),
  ];
  const convolve = (value: Value) => relu(graph, convolution(graph, value, weight, bias, { pad: 0 }));
  const y = build ? build(graph, convolve, image) : convolve(image);
  graph.output('y', graph.emit('Mul', [y, graph.float32([1])]), 'float32', y.shape);
  const plan = planQuantization(graph, new Set(['c.weight']));
  const input = plan.groups.groupOf(image);
  const tensors = new Map([
    ['c.weight', w],
    ['c.bias', b],
  ]);
  quantizeGraph(graph, plan, tensors, (group) => ranges[group === input ? 0 : 1]);
  return encodeModel(graph, 'small');
}

describe('a quantized convolution', () => {
  const x = normal([1, 5, 9, 8]);
  const layers = {
    w: normal([6, 5, 3, 3], 0.2),
    b: normal([6]),
    ranges: [affineOf({ low: -3, high: 2.5 }), affineOf({ low: 0, high: 4 })],
  } as const;

  it('is the arithmetic of integers', async () => {
    const y = await run(quantized(x, layers), x);
    const [input, result] = layers.ranges;
    const difference = y.map((actual, index) => {
      const [o, i, j] = [Math.floor(index / 42), Math.floor((index % 42) / 6), index % 6];
      const own = layers.w.data.subarray(o * 45, o * 45 + 45);
      const scale = Math.max(...own.map(Math.abs)) / 63;
      let sum = Math.round(layers.b.data[o]! / (scale * input.scale));
      for (let c = 0; c < 5; c++) {
        for (let u = 0; u < 3; u++) {
          for (let v = 0; v < 3; v++) {
            const pixel = x.data[(c * 9 + i + u) * 8 + j + v]!;
            const weight = Math.round(own[(c * 3 + u) * 3 + v]! / scale);
            sum += (byteOf(pixel, input) - input.zeroPoint) * weight;
          }
        }
      }
      return Math.abs(actual / result.scale - byteOf(sum * scale * input.scale, result));
    });
    expect(y).toHaveLength(6 * 7 * 6);
    expect(new Set(y).size).toBeGreaterThan(50);
    // Ties of float32 may fall to either side; everything else is exact.
    expect(Math.max(...difference)).toBeLessThan(1.001);
    expect(difference.filter((steps) => steps > 0.001).length).toBeLessThan(3);
  });

  it('is fused without an overflow, whatever the bytes are', async () => {
    const bright = tensorOf('float32', [1, 64, 6, 6], new Float32Array(64 * 36).fill(255));
    const heavy = tensorOf(
      'float32',
      [32, 64, 3, 3],
      new Float32Array(32 * 576).map((_, i) => (i % 7 ? 63 : -63)),
    );
    const affine = { scale: 1, zeroPoint: 0 };
    const model = quantized(bright, {
      w: heavy,
      b: tensorOf('float32', [32], new Float32Array(32)),
      ranges: [affine, { scale: 2 ** 15, zeroPoint: 0 }],
    });
    const y = await run(model, bright);
    expect(Math.max(...y)).toBeGreaterThan(2 ** 22);
    expect(y).toEqual(await run(model, bright, false));
  });
});

it('computes a convolution of many weights as a matrix product, with the same integers', async () => {
  const [channels, kernel, height, width] = [512, 4, 5, 6];
  const x = normal([1, channels, height, width]);
  const w = normal([512, channels, kernel, kernel], 0.01);
  const b = normal([512]);
  const [input, result] = [affineOf({ low: -3, high: 2.5 }), affineOf({ low: 0, high: 4 })];
  const model = quantized(x, { w, b, ranges: [input, result] });
  const ops = fromBinary(ModelProtoSchema, model).graph!.node.map(({ opType }) => opType);
  expect(ops).toContain('MatMul');
  expect(ops).not.toContain('Conv');
  const y = await run(model, x);
  expect(y).toHaveLength(512 * 2 * 3);
  const weightsPerChannel = channels * kernel * kernel;
  let exact = 0;
  for (let index = 0; index < y.length; index += 7) {
    const [o, i, j] = [Math.floor(index / 6), Math.floor((index % 6) / 3), index % 3];
    const own = w.data.subarray(o * weightsPerChannel, (o + 1) * weightsPerChannel);
    const scale = own.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / 63;
    let sum = 0;
    own.forEach((weight, position) => {
      const [c, u, v] = [position >> 4, (position >> 2) & 3, position & 3];
      const pixel = x.data[(c * height + i + u) * width + j + v]!;
      sum += (byteOf(pixel, input) - input.zeroPoint) * Math.round(weight / scale);
    });
    const expected = byteOf(sum * scale * input.scale + b.data[o]!, result);
    const steps = Math.abs(y[index]! / result.scale - expected);
    expect(steps).toBeLessThan(1.001); // ties of float32 may fall to either side
    if (steps < 0.001) exact++;
  }
  expect(exact).toBeGreaterThan(430); // of 439
  expect(new Set(y).size).toBeGreaterThan(50);
});

it('keeps a rectified linear unit where bytes stand for negative numbers too', async () => {
  const x = normal([1, 2, 4, 4]);
  const y = await run(
    quantized(x, {
      w: normal([3, 2, 1, 1]),
      b: normal([3]),
      ranges: [affineOf({ low: -3, high: 3 }), affineOf({ low: -2, high: 4 })],
    }),
    x,
  );
  expect(Math.min(...y)).toBe(0);
});

it('applies a layer twice with one set of weights, and moves and joins bytes', async () => {
  const x = normal([1, 2, 6, 6]);
  const layers = { w: normal([2, 2, 1, 1]), b: normal([2]) };
  // Two applications of one layer have common scales: of their inputs, and of their results.
  const build = (graph: Graph, convolve: (value: Value) => Value, image: Value) => {
    const pooled = maxPooling(graph, convolve(image));
    const other = convolve(graph.emitValue('Neg', [image], {}, 'float32', image.shape));
    const cut = graph.emit('Slice', [other, graph.int64([0, 1]), graph.int64([3, 4]), graph.int64([2, 3])]);
    const padded = graph.emit('Pad', [pooled, graph.int64([0, 0, 1, 0, 0, 0, 0, 1])]);
    const all = [padded, graph.emit('Pad', [cut, graph.int64([0, 0, 0, 0, 0, 0, 1, 1])], { mode: 'edge' })];
    return graph.emitValue('Concat', all, { axis: 1 }, 'float32', [1, 4, 4, 4]);
  };
  const ranges = [affineOf({ low: -4, high: 4 }), affineOf({ low: 0, high: 8 })] as const;
  const y = await run(quantized(x, { ...layers, ranges, build }), x);

  const layer = (pixel: (channel: number) => number, o: number) =>
    Math.max(0, layers.b.data[o]! + [0, 1].reduce((sum, c) => sum + layers.w.data[o * 2 + c]! * pixel(c), 0));
  const first = (o: number, i: number, j: number) => layer((c) => x.data[(c * 6 + i) * 6 + j]!, o);
  const second = (o: number, i: number, j: number) => layer((c) => -x.data[(c * 6 + i) * 6 + j]!, o);
  for (let o = 0; o < 2; o++) {
    for (let i = 0; i < 4; i++) {
      for (let j = 0; j < 4; j++) {
        const window = [0, 1].flatMap((u) => [0, 1].map((v) => [2 * (i - 1) + u, 2 * j + v] as const));
        const pooled = i === 0 || j === 3 ? 0 : Math.max(...window.map(([u, v]) => first(o, u, v)));
        expect(Math.abs(y[(o * 4 + i) * 4 + j]! - pooled)).toBeLessThan(0.15);
        const edge = second(o, Math.min(i, 2), 1 + Math.min(j, 2));
        expect(Math.abs(y[((o + 2) * 4 + i) * 4 + j]! - edge)).toBeLessThan(0.15);
      }
    }
  }
});

function byteOf(value: number, { scale, zeroPoint }: Affine): number {
  return Math.min(255, Math.max(0, roundHalfEven(value / scale) + zeroPoint));
}

/** As QuantizeLinear rounds. */
function roundHalfEven(value: number): number {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}
