import { expect, it } from 'vitest';
import { allocate, type Tensor } from '../../../../src/base/tensor.ts';
import { encodeModel } from '../../../../src/engine/graph/encode.ts';
import { Graph, type Value } from '../../../../src/engine/graph/graph.ts';
import { expandAll } from '../../../../src/engine/graph/replace.ts';
import { convolution } from '../../../../src/engine/operators/convolution.ts';
import { kernelsByLines, useLines } from '../../../../src/engine/rewrites/winograd/lines.ts';
import { nativeRuntime } from '../../../../src/engine/runtimes/native/native-runtime.ts';
import { relativeDifference } from '../../../fixtures.ts';
import { noise } from '../../../networks/helpers.ts';

const [channels, channelsOut] = [5, 6];

interface Inputs {
  readonly x: Value;
  readonly w: Value;
  readonly b: Value;
}

function build(apply: (graph: Graph, inputs: Inputs) => Value, batch = 1) {
  const graph = new Graph();
  const inputs = {
    x: graph.input('x', 'float32', [batch, channels, 'height', 'width']),
    w: graph.input('w', 'float32', [channelsOut, channels, 7, 7]),
    b: graph.input('b', 'float32', [channelsOut]),
  };
  const y = apply(graph, inputs);
  graph.output('y', y, 'float32', y.shape);
  return graph;
}

function start(graph: Graph) {
  expandAll(graph);
  return nativeRuntime.createSession(encodeModel(graph, 'test'), { threads: 1 });
}

it.each([
  [0, 0],
  [3, 3],
  [0, 2],
  [1, 0],
] as const)('7x7 kernels by lines give what Conv gives at every size: pad %i, %i', async (...pad) => {
  const apply = (graph: Graph, { x, w, b }: Inputs) => convolution(graph, x, w, b, { pad });
  const rewritten = build(apply);
  expect(useLines(rewritten)).toEqual([{ name: 'w by lines', of: 'w' }]);
  expect(rewritten.inputs.map(({ name }) => name)).toEqual(['x', 'b', 'w by lines']);
  const [plain, byLines] = await Promise.all([start(build(apply)), start(rewritten)]);
  const w = noise('w', [channelsOut, channels, 7, 7], 1);
  const b = noise('b', [channelsOut], 1);
  const lines = await kernelsByLines(w, () => {});
  for (let height = 7; height <= 12; height++) {
    for (const width of [7, 8, 13, 20]) {
      const size = [height, width].map((side) => side + pad[0] + pad[1] - 6) as [number, number];
      const results = () => ({ y: allocate('float32', [1, channelsOut, ...size]) });
      const [expected, found] = [results(), results()];
      const x = noise('x', [1, channels, height, width], 1);
      await plain.run({ x, w, b }, expected);
      await byLines.run({ x, b, 'w by lines': lines }, found);
      expect(relativeDifference(found.y, expected.y), `${height} x ${width}`).toBeLessThan(1e-5);
    }
  }
  await Promise.all([plain.release(), byLines.release()]);
});

it('leaves other convolutions alone, and kernels where another one has them', () => {
  const strided = build((graph, { x, w, b }) => convolution(graph, x, w, b, { pad: [3, 3], stride: 2 }));
  expect(useLines(strided)).toEqual([]);
  const batch = build((graph, { x, w, b }) => convolution(graph, x, w, b, { pad: [0, 0] }), 2);
  expect(useLines(batch)).toEqual([]);
  const shared = build((graph, { x, w, b }) => {
    const y = convolution(graph, x, w, b, { pad: [0, 0] });
    const kernels = graph.reshape(w, [1, -1, 1, 1]);
    return Object.assign(graph.emit('Mul', [y, graph.emit('ReduceMax', [kernels])]), y);
  });
  expect(useLines(shared)).toEqual([]);
  expect(shared.inputs.map(({ name }) => name)).toEqual(['x', 'w', 'b']);
});

it('lets go all kernels, each once', async () => {
  const w: Tensor<'float32'> = noise('w', [300, 64, 7, 7], 1);
  const gone: Float32Array[] = [];
  await kernelsByLines(w, (kernels) => gone.push(kernels));
  expect(gone.length).toBeGreaterThan(0);
  let at = 0;
  for (const { byteOffset, length, buffer } of gone) {
    expect(buffer).toBe(w.data.buffer);
    expect(byteOffset).toBe(4 * at);
    at += length;
  }
  expect(at).toBe(w.data.length);
});
