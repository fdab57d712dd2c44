import { describe, expect, it } from 'vitest';
import { random } from '../../src/base/rng.ts';
import { allocate, type Tensor } from '../../src/base/tensor.ts';
import { type Edge, Graph, type Node } from '../../src/engine/graph/graph.ts';
import { initializeParameter } from '../../src/engine/parameters/initialize.ts';
import { nativeRuntime } from '../../src/engine/runtimes/native/native-runtime.ts';
import { backboneOf, backbones } from '../../src/networks/backbones/backbones.ts';
import { foldNormalization } from '../../src/networks/fold-normalization.ts';
import { compileInference } from '../../src/networks/graphs/inference.ts';
import { type ModelName, modelNames } from '../../src/networks/model-names.ts';
import { buildNetwork } from '../../src/networks/network.ts';
import { maskShapes, parametersOf } from '../../src/networks/parameters.ts';
import { minimumSize } from '../../src/networks/sizes.ts';

const architectureOf = (model: ModelName) =>
  ({ model, numClasses: 2, width: 1 / 16, deconvolution: 'learned' }) as const;

describe.each(modelNames)('%s', (model) => {
  const architecture = architectureOf(model);

  it('takes images of any size, also smaller than the windows of its backbone', async () => {
    const parameters = parametersOf(architecture);
    const initial = new Map(parameters.map((each) => [each.name, initializeParameter(each, 0)]));
    const weights = Object.fromEntries(foldNormalization(backboneOf(model).layers, initial));
    weights['score_fr.bias']!.data.set([3, 5]);
    const session = await nativeRuntime.createSession(compileInference(architecture), { threads: 1 });
    const sizes = [1, 2, 3, 31, 32, 33, 36, 37, 38, 63, 64, 65, 95, 96, 97, 128];
    for (const [i, height] of sizes.entries()) {
      const image = noise([1, 3, height, sizes[(i + 5) % sizes.length]!]);
      const scores = allocate('float32', [1, 2, height, image.shape[3]!]);
      await session.run({ ...weights, image }, { scores });
      expect(scores.data.every(Number.isFinite)).toBe(true);
      if (backboneOf(model).margin === 'padded-image') continue;
      // A constant stays one wherever all that is interpolated exists: at every pixel but the first row and column.
      const columns = image.shape[3]!;
      const inner = scores.data
        .subarray(0, height * columns)
        .filter((_, i) => i >= columns && i % columns > 0);
      // Interpolation that multiplies by fractions which float32 cannot hold rounds.
      const rounding = backboneOf(model).margin === 'resized' ? 1e-6 : 0;
      expect(inner.every((value) => Math.abs(value - 3) <= rounding)).toBe(true);
    }
    await session.release();
  });

  it('has dropout masks of the shapes that its graph asks for', async () => {
    for (const [height, width] of [
      [64, 64],
      [37, 101],
      [20, 30],
    ] as const) {
      const graph = new Graph();
      const { parameters } = buildNetwork(
        graph,
        architecture,
        graph.input('image', 'float32', [2, 3, height, width]),
        { dropoutRate: 0.5 },
      );
      const masks = graph.inputs.filter(({ dtype }) => dtype === 'uint8').map(({ name }) => name);
      expect([...maskShapes(architecture, 2, height, width).keys()]).toEqual(masks);
      expect(parameters.length).toBeGreaterThan(10);
    }
  });
});

function noise(shape: number[]): Tensor<'float32'> {
  const tensor = allocate('float32', shape);
  const stream = random(1, 'noise');
  for (let i = 0; i < tensor.data.length; i++) tensor.data[i] = stream.normal();
  return tensor;
}

/** Kernels of the deconvolutions and offsets of the crops, in their order. */
function upsampling(model: ModelName): { kernels: number[]; offsets: number[] } {
  const graph = new Graph();
  const image = graph.input('image', 'float32', [1, 3, 'height', 'width']);
  const { parameters } = buildNetwork(graph, architectureOf(model), image);
  const constants = new Map([...graph.constants.values()].map(({ name, values }) => [name, values]));
  const producerOf = (edge: Edge) => graph.nodes.find(({ outputs }) => outputs.includes(edge))!;
  const startOf = ({ inputs }: Node) => constants.get(inputs[1]!.name)![0]!;
  const isCrop = ({ op, inputs: [, , end, axes] }: Node) =>
    op === 'Slice' && !constants.has(end!.name) && constants.get(axes!.name)!.length === 2;
  const crops = graph.nodes.filter(isCrop);
  const depthToSpace = graph.nodes.find(({ op }) => op === 'DepthToSpace');
  const offsets = crops.map(startOf);
  if (depthToSpace) {
    // The last two crops are one: what is convolved starts at a pixel, and the blocks that come of it are cut.
    const [cut, seen] = [offsets.pop()!, offsets.pop()!];
    const { attributes } = producerOf(depthToSpace.inputs[0]!);
    const taps = 2;
    const firstBlock = seen + taps - 1 - (attributes.pads as number[])[0]!;
    offsets.push((depthToSpace.attributes.blocksize as number) * firstBlock + cut);
  }
  const kernels = parameters.filter(({ name }) => name.startsWith('upscore')).map(({ shape }) => shape[2]!);
  return { kernels, offsets };
}

describe('upsampling', () => {
  it.each([
    ['fcn32s', [64], [19]],
    ['fcn16s', [4, 32], [5, 27]],
    ['fcn8s', [4, 4, 16], [5, 9 - 3, 31]], // pool3 is kept from its row 3 on (far-field.ts)
    ['fcn8s-vgg19', [4, 4, 16], [5, 9, 31]],
    ['fcn32s-alexnet', [63], [18]],
  ] as const)('of %s has the kernels and offsets of the reference prototxt', (model, kernels, offsets) => {
    expect(upsampling(model)).toEqual({ kernels, offsets });
  });

  it.each([
    ['fcn32s-squeezenet', [63], [30]],
    ['fcn8s-squeezenet', [3, 3, 15], [2, 2, 6]],
    ['fcn8s-mobilenetv2', [3, 3, 15], [2, 2, 8]],
  ] as const)('of %s follows from its strides and paddings', (model, kernels, offsets) => {
    expect(upsampling(model)).toEqual({ kernels, offsets });
  });
});

describe('parameters', () => {
  it.each([
    // The classifiers' published sizes, less their last layers: VGG-16 138,357,544; VGG-19 143,667,240; AlexNet 60,965,224 (Caffe's, with groups);
    // SqueezeNet 1.0 1,248,424; MobileNetV2 3,504,872 with 34,112 for batch normalization, half of which folding leaves.
    ['fcn32s', 138_357_544 - 4_097_000],
    ['fcn32s-vgg19', 143_667_240 - 4_097_000],
    ['fcn32s-alexnet', 60_965_224 - 4_097_000],
    ['fcn32s-squeezenet', 1_248_424 - 513_000],
    ['fcn32s-mobilenetv2', 3_504_872 - 1_281_000 - 34_112 / 2],
  ] as const)('of the features of %s are as many as the classifier has', (model, published) => {
    const parameters = parametersOf({ ...architectureOf(model), width: 1 });
    const features = parameters.filter(({ name }) => !/score/.test(name));
    const count = features.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
    expect(count).toBe(published);
  });

  it('need no least size where the image is padded', () => {
    expect(minimumSize(backbones.vgg16.layers)).toBe(1);
    expect(minimumSize(backbones.squeezenet.layers)).toBe(37);
  });
});
