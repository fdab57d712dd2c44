import { describe, expect, it } from 'vitest';
import { random } from '../../../src/base/rng.ts';
import { sizeOf, type Tensor, tensorOf } from '../../../src/base/tensor.ts';
import type { Graph, Value } from '../../../src/engine/graph/graph.ts';
import { expandAll } from '../../../src/engine/graph/replace.ts';
import { scale } from '../../../src/engine/operators/arithmetic.ts';
import { type ConvolutionOptions, convolution } from '../../../src/engine/operators/convolution.ts';
import { relu } from '../../../src/engine/operators/relu.ts';
import { relu6 } from '../../../src/engine/operators/relu6.ts';
import { useBlocks } from '../../../src/engine/rewrites/blocked/blocks.ts';
import { nativeRuntime } from '../../../src/engine/runtimes/native/native-runtime.ts';
import { relativeDifference } from '../../fixtures.ts';
import { type Application, runWithGradients } from '../operators/run-graph.ts';

const stream = random(11, 'blocks');
const normal = (...shape: number[]): Tensor<'float32'> =>
  tensorOf(
    'float32',
    shape,
    Array.from({ length: sizeOf(shape) }, () => stream.normal()),
  );

const cases = [
  { shape: [1, 16, 6, 7], results: [6, 7], options: { pad: 1 } },
  { shape: [2, 32, 5, 4], results: [5, 4], options: { pad: [0, 2] } },
  { shape: [2, 16, 6, 5], results: [6, 5], options: { pad: 2, dilation: 2 } },
  { shape: [2, 16, 7, 8], results: [4, 4], options: { pad: 1, stride: 2 } },
  { shape: [1, 48, 8, 7], results: [4, 4], options: { pad: [0, 2], stride: 2 } },
  { shape: [1, 16, 3, 2], results: [7, 6], options: { pad: 3 } },
  { shape: [2, 16, 6, 8], results: [3, 4], options: { pad: 1, stride: 2 }, knowsSizes: true },
  { shape: [1, 32, 8, 6], results: [4, 3], options: { pad: [0, 2], stride: 2 }, knowsSizes: true },
  { shape: [1, 16, 4, 6], results: [2, 3], options: { pad: [0, 1], stride: 2 }, knowsSizes: true },
  { shape: [1, 16, 2, 4], results: [1, 2], options: { pad: [1, 0], stride: 2 }, knowsSizes: true },
  { shape: [1, 16, 7, 6], results: [4, 3], options: { pad: 1, stride: 2 }, knowsSizes: true },
  { shape: [1, 16, 6, 6], results: [3, 3], options: { pad: [2, 0], stride: 2 }, knowsSizes: true },
] as const satisfies (Pick<Application, 'knowsSizes'> & {
  shape: number[];
  results: number[];
  options: ConvolutionOptions;
})[];

describe.runIf(nativeRuntime.hasBlockedLayout)('depthwise convolutions in blocks', () => {
  it.each(cases.flatMap((each) => [relu, relu6].map((rectifier) => ({ ...each, rectifier }))))(
    'are the same between rectifiers: $rectifier.name, $shape, $options',
    async ({ shape, results, options, rectifier, ...rest }) => {
      const [batch, channels] = shape;
      const application = {
        ...rest,
        apply: (graph: Graph, { x, w, b }: Record<string, Value>) => {
          const map = rectifier(graph, scale(graph, x!, 4)); // some pixels are beyond six
          return rectifier(graph, convolution(graph, map, w!, b, { ...options, groups: channels }));
        },
        inputs: { x: normal(...shape), w: normal(channels, 1, 3, 3), b: normal(channels) },
        outputShape: [batch, channels, ...results],
        dy: normal(batch, channels, ...results),
        wanted: ['x', 'w', 'b'],
      };
      const plain = await runWithGradients(application);
      const inBlocks = await runWithGradients({ ...application, rewrite: useBlocks });
      expect(relativeDifference(inBlocks.y, plain.y)).toBeLessThan(1e-6);
      for (const name of application.wanted) {
        const difference = relativeDifference(inBlocks.gradients[name]!, plain.gradients[name]!);
        expect(difference, name).toBeLessThan(1e-6);
      }
    },
  );

  it('computes the input gradient of stride 2 in phases where the size is known and even', async () => {
    const transposed: number[] = [];
    const application = (height: number) => ({
      apply: (graph: Graph, { x, w }: Record<string, Value>) =>
        convolution(graph, x!, w!, undefined, { pad: 1, stride: 2, groups: 16 }),
      inputs: { x: normal(1, 16, height, 4), w: normal(16, 1, 3, 3) },
      outputShape: [1, 16, 3, 2],
      dy: normal(1, 16, 3, 2),
      wanted: ['x'],
      knowsSizes: true,
      rewrite: (graph: Graph) => {
        useBlocks(graph);
        expandAll(graph);
        transposed.push(graph.nodes.filter(({ op }) => op === 'ConvTranspose').length);
      },
    });
    await runWithGradients(application(6));
    await runWithGradients(application(5));
    expect(transposed).toEqual([0, 1]);
  });

  it('leaves others as they are: channels that fill no block, convolutions of several channels', async () => {
    const nodes: string[] = [];
    const application = (channels: number, groups: number) => ({
      apply: (graph: Graph, { x, w }: Record<string, Value>) =>
        convolution(graph, x!, w!, undefined, { pad: 1, groups }),
      inputs: { x: normal(1, channels, 4, 4), w: normal(channels, channels / groups, 3, 3) },
      outputShape: [1, channels, 4, 4],
      dy: normal(1, channels, 4, 4),
      wanted: ['x', 'w'],
      rewrite: (graph: Graph) => {
        useBlocks(graph);
        nodes.push(...graph.nodes.map(({ op }) => op));
      },
    });
    await runWithGradients(application(15, 15));
    await runWithGradients(application(16, 8));
    expect(nodes.filter((op) => op.includes('nchwc'))).toEqual([]);
    await runWithGradients(application(16, 16));
    expect(nodes.filter((op) => op.endsWith('nchwc.Conv'))).toHaveLength(3);
  });
});
