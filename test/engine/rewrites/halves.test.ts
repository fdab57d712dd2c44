import { expect, it } from 'vitest';
import type { Tensor } from '../../../src/base/tensor.ts';
import { Graph, type Value } from '../../../src/engine/graph/graph.ts';
import { convolution } from '../../../src/engine/operators/convolution.ts';
import { maxPooling } from '../../../src/engine/operators/max-pooling.ts';
import { relu } from '../../../src/engine/operators/relu.ts';
import { runInHalves } from '../../../src/engine/rewrites/halves.ts';
import { relativeDifference } from '../../fixtures.ts';
import { noise } from '../../networks/helpers.ts';
import { runWithGradients } from '../operators/run-graph.ts';

/** Two convolutions and a pooling, between two others that are not part of the stage. */
function network(graph: Graph, { x, w, b }: Record<string, Value>, pad = 0): Value {
  const convolve = (value: Value, padding: number) => {
    return relu(graph, convolution(graph, value, w!, b!, { pad: padding }));
  };
  const before = graph.within('before', () => convolve(x!, 1));
  const pooled = graph.within('outer', () =>
    graph.within('stage', () => {
      const first = graph.within('first', () => convolve(before, pad));
      const second = graph.within('second', () => convolve(first, 0));
      return graph.within('pool', () => maxPooling(graph, second));
    }),
  );
  return graph.within('behind', () => convolve(pooled, 1));
}

it.each([7, 8, 9, 10, 11, 15])(
  'a stage of %i rows gives the same in halves, and so do its gradients',
  async (height) => {
    const size = [Math.ceil((height - 4) / 2), Math.ceil((8 - 4) / 2)];
    const [whole, halved] = await Promise.all([run(false), run(true)]);
    expect(halved.slices).toBe(whole.slices + 2);
    expect(relativeDifference(halved.y, whole.y)).toBeLessThan(1e-6);
    for (const name of ['x', 'w', 'b']) {
      expect(relativeDifference(halved.gradients[name]!, whole.gradients[name]!), name).toBeLessThan(1e-5);
    }

    async function run(inHalves: boolean) {
      let slices = 0;
      const inputs: Record<string, Tensor> = {
        x: noise('x', [1, 3, height, 8], 1),
        w: noise('w', [3, 3, 3, 3], 0.4),
        b: noise('b', [3], 0.3),
      };
      const results = await runWithGradients({
        apply(graph, values) {
          const y = network(graph, values);
          if (inHalves) runInHalves(graph, 'outer/stage');
          slices = graph.nodes.filter(({ op }) => op === 'Slice').length;
          return y;
        },
        inputs,
        outputShape: [1, 3, ...size],
        dy: noise('dy', [1, 3, ...size], 1),
        wanted: ['x', 'w', 'b'],
      });
      return { ...results, slices };
    }
  },
);

it('a stage of other operators is refused by its place', () => {
  const graph = new Graph();
  const input = (name: string, shape: number[]) => graph.input(name, 'float32', shape);
  network(graph, { x: input('x', [1, 3, 8, 8]), w: input('w', [3, 3, 3, 3]), b: input('b', [3]) }, 1);
  expect(() => runInHalves(graph, 'outer/stage')).toThrow('plan: halves at outer/stage: got other operators');
});
