import { expect, it } from 'vitest';
import type { Dataset } from '../../src/data/datasets/dataset.ts';
import { trainedSize } from '../../src/training/trained-size.ts';

/** Images of a program's own, of [height, width]. */
const images = (...sizes: [number, number][]) =>
  ({
    name: 'own',
    ids: sizes.map((_, index) => `${index}`),
    imageSource: () => '',
    load: async (index: number) => ({ image: { height: sizes[index]![0], width: sizes[index]![1] } }),
  }) as unknown as Dataset;

const native = { mode: 'native' } as const;
const alike = images([96, 96], [100, 92], [96, 96]);
const size = { height: 64, width: 48 };

it('is that to which images are resized, or that of all images where it is about one', async () => {
  const own = { trainedSize: { height: 96, width: 96 } };
  expect(await trainedSize({ trainSize: native, valSize: native }, alike)).toEqual(own);
  expect(await trainedSize({ trainSize: { mode: 'crop', ...size }, valSize: native }, alike)).toEqual(own);
  const resize = { mode: 'resize', ...size } as const;
  expect(await trainedSize({ trainSize: resize, valSize: resize }, alike)).toEqual({ trainedSize: size });
});

it('is none where images have several sizes, are turned, or pass at another size than they are validated at', async () => {
  const sizes = { trainSize: native, valSize: native };
  expect(await trainedSize(sizes, images([96, 96], [96, 128], [96, 96]))).toEqual({});
  expect(await trainedSize(sizes, images([75, 100], [100, 75], [75, 100]))).toEqual({});
  expect(await trainedSize(sizes, images())).toEqual({});
  const window = { mode: 'crop', height: 32, width: 32, of: size } as const;
  expect(await trainedSize({ trainSize: window, valSize: native }, alike)).toEqual({});
});
