import { expect, it } from 'vitest';
import { allocate, type Tensor } from '../../../../src/base/tensor.ts';
import { backward } from '../../../../src/engine/differentiation/backward.ts';
import { encodeModel } from '../../../../src/engine/graph/encode.ts';
import { Graph, type Value } from '../../../../src/engine/graph/graph.ts';
import type { Carry } from '../../../../src/engine/graph/tape.ts';
import { convolution } from '../../../../src/engine/operators/convolution.ts';
import { useWinograd } from '../../../../src/engine/rewrites/winograd/winograd.ts';
import {
  tilesAt,
  tilesOf,
  type WinogradTiles,
} from '../../../../src/engine/rewrites/winograd/winograd-tiles.ts';
import { nativeRuntime } from '../../../../src/engine/runtimes/native/native-runtime.ts';
import { relativeDifference } from '../../../fixtures.ts';
import { noise, weightedSum } from '../../../networks/helpers.ts';

const [channels, channelsOut] = [5, 6];
/** Rows of the kernels whose gradients come one after the other, each with a carry. */
const bands = [
  { start: 0, end: 2 },
  { start: 2, end: 3 },
  { start: 3, end: 6 },
];

/** Heights from one row of tiles to several; the operator itself is compared with PyTorch elsewhere. */
it.each([
  { batch: 1, pad: [1, 1] },
  { batch: 3, pad: [1, 1] },
  { batch: 1, pad: [0, 0] },
  { batch: 2, pad: [2, 0] },
  { batch: 1, pad: [0, 2] },
  { batch: 1, pad: [3, 1] },
] as const)(
  'Winograd gives what Conv gives at every size: batch $batch, pad $pad',
  async ({ batch, pad }) => {
    const [plain, ...rewritten] = await Promise.all([build(), build(tilesOf[2]), build(tilesOf[4])]);
    for (let height = 1; height <= 21; height++) {
      for (const width of [1, 2, 5, height]) {
        const size = [height, width].map((side) => side + pad[0] + pad[1] - 2);
        if (Math.min(...size) < 1) continue;
        const inputs = inputsOf(height, width, size);
        const expected = allocateResults(height, width, size);
        await plain.run(inputs, expected);
        for (const winograd of rewritten) {
          const found = allocateResults(height, width, size);
          await winograd.run(inputs, found);
          for (const [name, tensor] of Object.entries(expected)) {
            const difference = relativeDifference(found[name]!, tensor);
            expect(difference, `${name}, ${height} x ${width}`).toBeLessThan(5e-6);
          }
        }
      }
    }
    await Promise.all([plain, ...rewritten].map((session) => session.release()));

    function build(tiles?: WinogradTiles) {
      const graph = new Graph();
      const x = graph.input('x', 'float32', [batch, channels, 'height', 'width']);
      const w = graph.input('w', 'float32', [channelsOut, channels, 3, 3]);
      const b = graph.input('b', 'float32', [channelsOut]);
      const dy = graph.input('dy', 'float32', [batch, channelsOut, 'rows', 'columns']);
      const y = convolution(graph, x, w, b, { pad });
      graph.output('y', y, 'float32', y.shape);
      const carries = new Map<Value, Carry>();
      const parts = bands.map((rows) => {
        const part = graph.input(`w${rows.start}`, 'float32', [rows.end - rows.start, channels, 3, 3]);
        const vector = graph.input(`carry${rows.start}`, 'float32', [(rows.end - rows.start) * channels * 9]);
        carries.set(part, { edge: vector, factor: -0.75 });
        return [part, rows] as const;
      });
      graph.splitRows(w, parts);
      const values = [x, b, ...parts.map(([part]) => part)];
      const gradients = backward(graph, weightedSum(graph, y, dy), values, carries);
      for (const value of values)
        graph.output(`d${value.name}`, gradients.get(value)!, 'float32', value.shape);
      if (tiles) useWinograd(graph, () => tiles);
      return nativeRuntime.createSession(encodeModel(graph, 'test'), { threads: 1 });
    }

    function inputsOf(height: number, width: number, size: number[]): Record<string, Tensor> {
      const named = (name: string, shape: number[]) => [name, noise(name + shape, shape, 1)] as const;
      return Object.fromEntries([
        named('x', [batch, channels, height, width]),
        named('w', [channelsOut, channels, 3, 3]),
        named('b', [channelsOut]),
        named('dy', [batch, channelsOut, ...size]),
        ...bands.map(({ start, end }) => named(`carry${start}`, [(end - start) * channels * 9])),
      ]);
    }

    function allocateResults(height: number, width: number, size: number[]): Record<string, Tensor> {
      return {
        y: allocate('float32', [batch, channelsOut, ...size]),
        dx: allocate('float32', [batch, channels, height, width]),
        db: allocate('float32', [channelsOut]),
        ...Object.fromEntries(
          bands.map(({ start, end }) => [`dw${start}`, allocate('float32', [end - start, channels, 3, 3])]),
        ),
      };
    }
  },
);

it('Winograd is used where it applies and nowhere else', () => {
  const graph = new Graph();
  const value = (name: string, shape: number[]) => graph.input(name, 'float32', shape);
  const [x, b] = [value('x', [1, 2, 8, 8]), value('b', [2])];
  const w = value('w', [2, 2, 3, 3]);
  graph.within('large', () => convolution(graph, x, value('v', [2, 2, 5, 5]), b, { pad: 2 }));
  graph.within('strided', () => convolution(graph, x, w, b, { pad: 1, stride: 2 }));
  graph.within('grouped', () => convolution(graph, x, value('u', [2, 1, 3, 3]), b, { pad: 1, groups: 2 }));
  graph.within('not chosen', () => convolution(graph, x, w, b, { pad: 1 }));
  graph.within('chosen', () => convolution(graph, x, w, b, { pad: 1 }));
  useWinograd(graph, (_, place) => (place === 'not chosen' ? undefined : tilesOf[2]));
  const rewritten = graph.nodes.filter(({ op }) => op === 'Tile').map(({ place }) => place);
  expect(rewritten).toEqual(['chosen']);
});

it('the algorithm of Toom and Cook gives the published matrices at the published points', () => {
  const lavinAndGray = tilesAt([0, 1, -1, 2, -2]);
  // Lavin and Gray 2016, section 4.2, F(4x4, 3x3); rows of forPixels and forKernels may share a sign or a factor.
  expect(lavinAndGray.forResults).toEqual([
    [1, 1, 1, 1, 1, 0],
    [0, 1, -1, 2, -2, 0],
    [0, 1, 1, 4, 4, 0],
    [0, 1, -1, 8, -8, 1],
  ]);
  expect(lavinAndGray.forPixels.at(-1)).toEqual([0, 4, 0, -5, 0, 1]);
  expect(lavinAndGray.forPixels[0]!.map((value) => value + 0)).toEqual([4, 0, -5, 0, 1, 0]);
  expect(lavinAndGray.forKernels.at(-1)).toEqual([0, 0, 1]);
  expect(lavinAndGray.forKernels[1]).toEqual([-1 / 6, -1 / 6, -1 / 6]);
});
