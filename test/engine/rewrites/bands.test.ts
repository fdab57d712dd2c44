import { describe, expect, it } from 'vitest';
import { Graph, type Value } from '../../../src/engine/graph/graph.ts';
import { convolution } from '../../../src/engine/operators/convolution.ts';
import { deconvolution } from '../../../src/engine/operators/deconvolution.ts';
import { bandsOf, splitInBands } from '../../../src/engine/rewrites/bands.ts';

const fc6 = { name: 'fc6.weight', shape: [4096, 512, 7, 7] };

describe('bands of a parameter', () => {
  it('cover its rows, one after the other', () => {
    const bands = bandsOf(fc6, 2 ** 21);
    expect(bands[0]).toMatchObject({ name: 'fc6.weight[0:83]', shape: [83, 512, 7, 7] });
    const ends = bands.map(({ rows }) => rows.end);
    expect(bands.map(({ rows }) => rows.start)).toEqual([0, ...ends.slice(0, -1)]);
    expect(ends.at(-1)).toBe(4096);
    expect(bands.reduce((sum, { shape }) => sum + shape[0]!, 0)).toBe(4096);
  });

  it('are one for a small parameter, and where none are wanted', () => {
    const small = { ...fc6, shape: [512, 512, 3, 3] };
    const whole = [{ name: fc6.name, rows: { start: 0, end: 512 }, shape: small.shape }];
    expect(bandsOf(small, 2 ** 21)).toEqual(whole);
    expect(bandsOf(small, null)).toEqual(whole);
    expect(bandsOf(fc6, null)).toHaveLength(1);
  });
});

describe('splitting a network', () => {
  const split = (apply: (graph: Graph, x: Value, w: Value) => Value) => {
    const graph = new Graph();
    const x = graph.input('x', 'float32', [1, 4, 'height', 'width']);
    const shape = [4, 4, 3, 3];
    const value = graph.input('w', 'float32', shape);
    apply(graph, x, value);
    return [...splitInBands(graph, [{ name: 'w', shape, value }], 36)].map(([name, bands]) => [
      name,
      ...bands.map((band) => band.name),
    ]);
  };
  const bias = (graph: Graph) => graph.input('b', 'float32', [4]);

  it('makes inputs of the bands of a convolution', () => {
    const bands = ['w', 'w[0:1]', 'w[1:2]', 'w[2:3]', 'w[3:4]'];
    expect(split((graph, x, w) => convolution(graph, x, w, bias(graph), { pad: 1 }))).toEqual([bands]);
  });

  it('leaves parameters whole whose gradient comes at once', () => {
    expect(split((graph, x, w) => deconvolution(graph, x, w, { stride: 2 }))).toEqual([]);
    expect(split((graph, x, w) => convolution(graph, x, w, bias(graph), { pad: 1, stride: 2 }))).toEqual([]);
  });
});
