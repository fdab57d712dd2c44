import { describe, expect, it } from 'vitest';
import { allocate, type Tensor } from '../../src/base/tensor.ts';
import { encodeModel } from '../../src/engine/graph/encode.ts';
import { Graph } from '../../src/engine/graph/graph.ts';
import { add } from '../../src/engine/operators/arithmetic.ts';
import { initializeParameter } from '../../src/engine/parameters/initialize.ts';
import { Construction } from '../../src/engine/parameters/parameter.ts';
import { nativeRuntime } from '../../src/engine/runtimes/native/native-runtime.ts';
import { cropTo, fuseAligned, withRepeatedBorder } from '../../src/networks/aligned-maps.ts';
import { type Alignment, imageAlignment } from '../../src/networks/alignment.ts';
import type { FeatureMap } from '../../src/networks/features.ts';
import { upsample, upsampleToImage } from '../../src/networks/scoring.ts';

/*
 * Every map here holds, at each pixel, where that pixel is said to lie in the image. Whatever cuts, adds or interpolates
 * maps must keep that true: bilinear interpolation of a plane is the plane.
 */

interface Extent {
  readonly at: Alignment;
  readonly size: readonly [height: number, width: number];
}

/** A map of coordinates, row + 128 column, times `factor`. Exact in float32. [1, 1, H, W] */
function coordinates(
  { at: { stride, origin }, size: [height, width] }: Extent,
  factor = 1,
): Tensor<'float32'> {
  const map = allocate('float32', [1, 1, height, width]);
  for (let i = 0; i < map.data.length; i++) {
    const [row, column] = [Math.floor(i / width), i % width];
    map.data[i] = factor * (origin + stride * row + 128 * (origin + stride * column));
  }
  return map;
}

/** Runs what is built on maps of coordinates. */
async function run(
  extents: readonly Extent[],
  size: Extent['size'],
  build: (construction: Construction, maps: FeatureMap[]) => FeatureMap,
): Promise<{ at: Alignment; y: Tensor<'float32'> }> {
  const graph = new Graph();
  const construction = new Construction(graph);
  const maps = extents.map(({ at }, i) => ({
    value: graph.input(`map${i}`, 'float32', [1, 1, `height${i}`, `width${i}`]),
    at,
  }));
  const { value, at } = build(construction, maps);
  graph.output('y', value, 'float32', value.shape);
  const session = await nativeRuntime.createSession(encodeModel(graph, 'test'), { threads: 1 });
  const y = allocate('float32', [1, 1, ...size]);
  const parameters = construction.parameters.map(
    (each) => [each.name, initializeParameter(each, 0)] as const,
  );
  const inputs = extents.map((extent, i) => [`map${i}`, coordinates(extent)] as const);
  await session.run(Object.fromEntries([...inputs, ...parameters]), { y });
  await session.release();
  return { at, y };
}

const far: Extent = { at: { stride: 16, origin: -92 }, size: [20, 23] };
const near: Extent = { at: { stride: 16, origin: 4 }, size: [9, 11] };

describe('cropTo', () => {
  it('keeps the pixels that lie on those of the other map', async () => {
    const { at, y } = await run([far, near], near.size, ({ graph }, [x, to]) => cropTo(graph, x!, to!));
    expect(at).toEqual(near.at);
    expect(y).toEqual(coordinates(near));
  });

  it('refuses a map whose pixels lie between those of the other', () => {
    const between = { at: { stride: 16, origin: 5 }, size: near.size } as const;
    const crop = run([far, between], near.size, ({ graph }, [x, to]) => cropTo(graph, x!, to!));
    return expect(crop).rejects.toThrow('cannot align');
  });
});

describe('fuseAligned', () => {
  it.each([
    ['first', [far, near]],
    ['second', [near, far]],
  ] as const)('crops the %s of two maps, which reaches farther', async (_, extents) => {
    const { at, y } = await run(extents, near.size, ({ graph }, [a, b]) => fuseAligned(graph, a!, b!, add));
    expect(at).toEqual(near.at);
    expect(y).toEqual(coordinates(near, 2));
  });
});

describe('withRepeatedBorder', () => {
  it('reaches one pixel farther on each side', async () => {
    const [height, width] = near.size;
    const larger = [height + 2, width + 2] as const;
    const { at, y } = await run([near], larger, ({ graph }, [x]) => withRepeatedBorder(graph, x!));
    expect(at).toEqual({ stride: 16, origin: 4 - 16 });
    const inner = near.size[1];
    const row = (i: number) => [...y.data.subarray(i * (inner + 2), (i + 1) * (inner + 2))];
    const expected = coordinates(near).data.subarray(0, inner);
    expect(row(1)).toEqual([expected[0], ...expected, expected[inner - 1]]);
    expect(row(0)).toEqual(row(1));
  });
});

describe('upsample', () => {
  it.each([
    ['2f taps, where its pixels fall between those of the scores', -92, -92 + 4, 4],
    ['2f - 1 taps, where they fall on them', -92, -92 + 8, 3],
  ])('interpolates with %s', async (_, origin, fineOrigin, taps) => {
    const scores: Extent = { at: { stride: 16, origin }, size: [6, 7] };
    const fine: Extent = { at: { stride: 8, origin: fineOrigin }, size: [4, 4] };
    const size = [2 * 5 + taps, 2 * 6 + taps] as const;
    const { at, y } = await run([scores, fine], size, (construction, [x, reference]) =>
      upsample(construction, x!, { name: 'upscore2', factor: 2, learned: true }, reference!),
    );
    expect(at.stride).toBe(8);
    // Pixels with a neighbor on each side; those at the edge fade to zero.
    const inside = (row: number, column: number) =>
      row >= 2 && column >= 2 && row < size[0] - 2 && column < size[1] - 2;
    expect(pixels(y, inside)).toEqual(pixels(coordinates({ at, size }), inside));
  });
});

describe('upsampleToImage', () => {
  it.each([4, 8, 16, 32])('gives a pixel for each of the image, from scores of stride %i', async (stride) => {
    const scores: Extent = { at: { stride, origin: (stride - 1) / 2 - 2 * stride }, size: [12, 13] };
    const image: Extent = { at: imageAlignment, size: [5 * stride + 3, 6 * stride + 1] };
    for (const isBilinear of [false, true]) {
      const upsampling = { name: 'upscore', factor: stride, learned: false, isBilinear };
      const { y } = await run([scores, image], image.size, (construction, [x, whole]) => ({
        value: upsampleToImage(construction, x!, upsampling, whole!).scores,
        at: imageAlignment,
      }));
      const expected = coordinates(image).data;
      expect(Math.max(...y.data.map((value, i) => Math.abs(value - expected[i]!)))).toBeLessThan(0.01);
    }
  });
});

function pixels(
  { data, shape }: Tensor<'float32'>,
  isWanted: (row: number, column: number) => boolean,
): number[] {
  const width = shape[3]!;
  return [...data].filter((_, i) => isWanted(Math.floor(i / width), i % width));
}
