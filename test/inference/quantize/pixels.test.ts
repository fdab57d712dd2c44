import { describe, expect, it } from 'vitest';
import { random } from '../../../src/base/rng.ts';
import { allocate, tensorOf } from '../../../src/base/tensor.ts';
import { inputPresets } from '../../../src/data/input-config.ts';
import { encodeModel } from '../../../src/engine/graph/encode.ts';
import { type Edge, Graph } from '../../../src/engine/graph/graph.ts';
import { convolution } from '../../../src/engine/operators/convolution.ts';
import { planQuantization } from '../../../src/engine/rewrites/eight-bits/plan.ts';
import { quantizeGraph } from '../../../src/engine/rewrites/eight-bits/quantize-graph.ts';
import { nativeRuntime } from '../../../src/engine/runtimes/native/native-runtime.ts';
import { preprocess, scalingOf } from '../../../src/networks/graphs/preprocessing.ts';

const stream = random('test', 'pixels');
const normal = (shape: readonly number[], deviation: number) =>
  tensorOf(
    'float32',
    shape,
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => deviation * stream.normal()),
  );
const [height, width, channelsOut] = [9, 11, 16];
const w = normal([channelsOut, 3, 3, 3], 0.2);
const b = normal([channelsOut], 0.3);
const image = Uint8Array.from({ length: height * width * 3 }, () => stream.integer(256));

interface Built {
  readonly graph: Graph;
  readonly image: Edge;
  readonly numbers: Edge;
}

/** A first layer whose map was padded by 2 before, and pads by 1 itself. */
function build(preset: 'torchvision' | 'caffe', also?: (graph: Graph, numbers: Edge) => void): Built {
  const graph = new Graph();
  const pixels = graph.input('image', 'uint8', [1, height, width, 3]);
  const numbers = preprocess(graph, pixels, inputPresets[preset]);
  const [weight, bias] = [
    graph.input('c.weight', 'float32', w.shape),
    graph.input('c.bias', 'float32', b.shape),
  ];
  const around = graph.emit('Pad', [numbers, graph.int64([0, 0, 2, 2, 0, 0, 2, 2])]);
  const padded = Object.assign(around, { dtype: 'float32' as const, shape: [1, 3, height + 4, width + 4] });
  const y = convolution(graph, padded, weight, bias, { pad: 1 });
  graph.output('y', graph.emit('Mul', [y, graph.float32([1])]), 'float32', y.shape);
  also?.(graph, numbers);
  return { graph, image: pixels, numbers };
}

/** Sums of 8-bit weights overflow on processors without VNNI where they are not exact. */
async function run(model: Uint8Array): Promise<Float32Array> {
  const session = await nativeRuntime.createSession(model, { threads: 1, exactIntegers: true });
  const y = allocate('float32', [1, channelsOut, height + 4, width + 4]);
  await session.run({ image: tensorOf('uint8', [1, height, width, 3], image) }, { y });
  await session.release();
  return y.data;
}

describe('a first layer that reads pixels', () => {
  it.each(['torchvision', 'caffe'] as const)('gives what float32 gives, input of %s', async (preset) => {
    const float = build(preset);
    for (const [name, tensor] of [['c.weight', w] as const, ['c.bias', b] as const]) {
      float.graph.initialize(float.graph.inputs.find((value) => value.name === name)!, tensor);
    }
    const expected = await run(encodeModel(float.graph, 'float'));

    const { graph, ...pixels } = build(preset);
    const plan = planQuantization(graph, new Set(['c.weight']), {
      ...pixels,
      ...scalingOf(inputPresets[preset]),
    });
    expect(plan.pixels).toBeDefined();
    const [low, high] = [Math.min(...expected), Math.max(...expected)];
    const scale = Math.fround((high - low) / 255);
    const affine = { scale, zeroPoint: Math.round(-low / scale) };
    const weights = new Map([
      ['c.weight', w],
      ['c.bias', b],
    ]);
    quantizeGraph(graph, plan, weights, () => affine, 8);
    const operators = graph.nodes.map(({ op }) => op);
    expect(operators).not.toContain('Cast'); // of pixels to numbers
    const actual = await run(encodeModel(graph, 'bytes'));
    expect(actual).toHaveLength(expected.length);
    const errors = actual.map((value, i) => Math.abs(value - expected[i]!) / scale);
    // Half a step is the rounding of results; the rest is that of the weights, as large around the image as inside.
    expect(Math.max(...errors)).toBeLessThan(2.5);
    expect(errors.reduce((sum, error) => sum + error, 0) / errors.length).toBeLessThan(0.5);
  });

  it('stays away where something else reads the numbers', () => {
    const { graph, ...pixels } = build('torchvision', (graph, numbers) => {
      graph.output('other', graph.emit('Relu', [numbers]), 'float32', [1, 3, height, width]);
    });
    const scaling = scalingOf(inputPresets.torchvision);
    expect(planQuantization(graph, new Set(['c.weight']), { ...pixels, ...scaling }).pixels).toBeUndefined();
    const other = build('torchvision');
    const plan = planQuantization(other.graph, new Set(), { ...other, ...scaling });
    expect(plan.pixels).toBeUndefined();
  });
});
