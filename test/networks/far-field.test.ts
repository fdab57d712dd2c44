import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allocate, sizeOf, type Tensor } from '../../src/base/tensor.ts';
import { backward } from '../../src/engine/differentiation/backward.ts';
import { encodeModel } from '../../src/engine/graph/encode.ts';
import { Graph } from '../../src/engine/graph/graph.ts';
import { Construction, type Parameter } from '../../src/engine/parameters/parameter.ts';
import { rewriteForward } from '../../src/engine/rewrites/plan.ts';
import { nativeRuntime } from '../../src/engine/runtimes/native/native-runtime.ts';
import type { Session } from '../../src/engine/runtimes/session.ts';
import { imageAlignment } from '../../src/networks/alignment.ts';
import { alexnet } from '../../src/networks/backbones/alexnet.ts';
import { mobilenetv2 } from '../../src/networks/backbones/mobilenetv2.ts';
import { vgg16 } from '../../src/networks/backbones/vgg.ts';
import { farFieldOf } from '../../src/networks/far-field.ts';
import { buildFeatures, type Features } from '../../src/networks/features.ts';
import { buildPaddedFeatures } from '../../src/networks/padded-features.ts';
import { exportPlan } from '../../src/networks/plans.ts';
import { shapeAfter } from '../../src/networks/sizes.ts';
import { relativeDifference } from '../fixtures.ts';
import { noise, weightedSum } from './helpers.ts';

const options = { width: 1 / 16 };
const batch = 2;
const field = farFieldOf(vgg16.layers)!;
const layersTo = (name: string) =>
  vgg16.layers.slice(0, vgg16.layers.findIndex((layer) => layer.name === name) + 1);

describe('the far field of VGG-16', () => {
  let session: Session;
  let parameters: readonly Parameter[];
  let weights: Record<string, Tensor>;
  let whole: Features;
  let apart: Features;

  /** Both ways in one graph, on the same weights: features, and gradients of sum(pool5 * dy). */
  beforeAll(async () => {
    const graph = new Graph();
    const image = graph.input('image', 'float32', [batch, 3, 'height', 'width']);
    const construction = new Construction(graph);
    const rest = layersTo('pool5').slice(field.stages.flatMap(({ layers }) => layers).length);
    whole = buildFeatures(construction, layersTo('pool5'), { value: image, at: imageAlignment }, options);
    apart = buildPaddedFeatures(construction, { ...field, rest }, image, options);
    rewriteForward(graph, exportPlan);
    parameters = construction.parameters;

    const dy = graph.input('dy', 'float32', [batch, 32, 'rows', 'columns']);
    for (const [way, features] of Object.entries({ whole, apart })) {
      const loss = weightedSum(graph, features.last.value, dy);
      const gradients = backward(
        graph,
        loss,
        parameters.map(({ value }) => value),
      );
      for (const { name, shape, value } of parameters) {
        graph.output(`${way} d${name}`, gradients.get(value)!, 'float32', shape);
      }
      for (const name of ['pool4', 'pool5']) {
        const { value } = features.byLayer.get(name)!;
        graph.output(`${way} ${name}`, value, 'float32', value.shape);
      }
    }
    session = await nativeRuntime.createSession(encodeModel(graph, 'both ways'), { threads: 1 });
    weights = Object.fromEntries(
      parameters.map(({ name, shape }) => {
        // Biases that are not zero: else the far field would be.
        const scale = shape.length === 1 ? 0.3 : Math.sqrt(2 / sizeOf(shape.slice(1)));
        return [name, noise(name, shape, scale)];
      }),
    );
  });
  afterAll(() => session.release());

  /** What both ways give for an image: of names, and of shapes by name. */
  async function compare(height: number, width: number, names: readonly string[]) {
    const size = [3, height, width] as const;
    const shapeOf = (name: string) => [batch, ...shapeAfter(layersTo(name), size, options.width)];
    const gradientShapes = new Map(parameters.map(({ name, shape }) => [`d${name}`, shape]));
    const outputs = Object.fromEntries(
      names.flatMap((name) =>
        ['whole', 'apart'].map((way) => [
          `${way} ${name}`,
          allocate('float32', gradientShapes.get(name) ?? shapeOf(name)),
        ]),
      ),
    );
    const image = noise('image', [batch, ...size], 1);
    const dy = noise('dy', shapeOf('pool5'), 1);
    await session.run({ ...weights, image, dy }, outputs);
    return Object.fromEntries(
      names.map((name) => [name, relativeDifference(outputs[`apart ${name}`]!, outputs[`whole ${name}`]!)]),
    );
  }

  it('is apart in the first four stages', () => {
    expect(field.stages.map(({ layers }) => layers.at(-1)!.name)).toEqual([
      'pool1',
      'pool2',
      'pool3',
      'pool4',
    ]);
    expect(field.stages.map(({ before }) => before)).toEqual([7, 5, 7, 6]);
    expect(field.stages.map(({ blankSize }) => blankSize)).toEqual([6, 10, 14, 14]);
  });

  it('leaves features as they are, whatever the size of the image', async () => {
    for (let i = 1; i <= 32; i++) {
      const differences = await compare(i, (11 * i) % 32 || 96, ['pool4', 'pool5']);
      for (const difference of Object.values(differences)) expect(difference).toBeLessThan(1e-6);
    }
  });

  it.each([
    [1, 1],
    [37, 50],
    [64, 48],
    [91, 30],
  ])('leaves gradients as they are: %i x %i', async (height, width) => {
    const differences = await compare(
      height,
      width,
      parameters.map(({ name }) => `d${name}`),
    );
    for (const difference of Object.values(differences)) expect(difference).toBeLessThan(2e-5);
  });

  it('keeps of pool3 what the skip of FCN-8s reads, and says where it lies in the image', () => {
    const [full, kept] = [whole, apart].map(({ byLayer }) => byLayer.get('pool3')!.at);
    expect(kept).toEqual({ stride: 8, origin: full!.origin + 3 * 8 });
  });
});

describe('a backbone has no far field apart', () => {
  it('when it does not pad the image, or its first stages are none', () => {
    expect(farFieldOf(mobilenetv2.layers)).toBeUndefined();
    expect(farFieldOf(alexnet.layers)).toBeUndefined();
  });
});
