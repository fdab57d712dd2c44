import { expect, it } from 'vitest';
import type { Dataset } from '../../src/data/datasets/dataset.ts';
import { aboutSharedImages } from '../../src/training/shared-images.ts';

const split = (name: string, files: Record<string, string>) =>
  ({
    name,
    ids: Object.keys(files),
    imageSource: (index: number) => Object.values(files)[index]!,
  }) as unknown as Dataset;

it('says where images are trained and validated on, also where that is the same split', () => {
  const train = split('folder:x train', { a: 'x/a.jpg', b: 'x/b.jpg', c: 'x/c.jpg' });
  expect(aboutSharedImages(train, split('folder:x val', { c: 'x/c.jpg', d: 'x/d.jpg' }))).toEqual([
    expect.stringMatching(
      /^folder:x val: 1 of 2 images are trained on as well \(c\), so its scores say little/,
    ),
  ]);
  expect(aboutSharedImages(train, split('folder:x val', { c: 'y/c.jpg' }))).toEqual([]);
  expect(aboutSharedImages(train, split('folder:x train', { d: 'x/d.jpg' }))).toEqual([]);
  expect(aboutSharedImages(train, train)).toEqual([
    'folder:x train: it is trained on as well, so its scores say little about other images; validate on another split',
  ]);
});
