import { describe, expect, it } from 'vitest';
import { classFrequencies, medianFrequencyWeights } from '../../../src/data/datasets/class-frequencies.ts';
import type { Dataset } from '../../../src/data/datasets/dataset.ts';

/** A data set of 4 x 2 labels. */
function datasetOf(classes: string[], labels: number[][]): Dataset {
  const loadLabel = async (index: number) => ({
    width: 4,
    height: 2,
    data: Uint8Array.from(labels[index]!),
  });
  const ids = labels.map((_, index) => `image ${index}`);
  return {
    name: 'labels',
    classes,
    ids,
    loadLabel,
    load: () => Promise.reject(new Error('images are not needed')),
    imageSource: String,
  };
}

describe('class frequencies', () => {
  it('counts pixels and images, leaving out void', async () => {
    const labels = [
      [0, 0, 0, 0, 0, 1, 1, 255],
      [0, 0, 255, 255, 255, 255, 255, 255],
      [255, 255, 255, 255, 255, 255, 255, 255],
    ];
    const done: number[] = [];
    const frequencies = await classFrequencies(datasetOf(['a', 'b', 'c'], labels), (n) => done.push(n));
    expect(frequencies).toEqual([
      { pixels: 7, images: 2, pixelsOfImagesWithClass: 9 },
      { pixels: 2, images: 1, pixelsOfImagesWithClass: 7 },
      { pixels: 0, images: 0, pixelsOfImagesWithClass: 0 },
    ]);
    expect(done).toEqual([1, 2, 3]);
  });
});

/** Frequencies of classes with these shares. */
const withShares = (...shares: number[]) =>
  shares.map((share) => ({ pixels: share * 1000, images: 1, pixelsOfImagesWithClass: share && 1000 }));

describe('median frequency balancing', () => {
  it('gives the class in the middle 1, rarer ones more', () => {
    expect(medianFrequencyWeights(withShares(0.5, 0.1, 0.2))).toEqual([0.4, 2, 1]);
  });

  it('takes the mean of the two in the middle of an even number', () => {
    const weights = medianFrequencyWeights(withShares(0.4, 0.1, 0.2, 0.3));
    for (const [index, weight] of [0.625, 2.5, 1.25, 0.25 / 0.3].entries()) {
      expect(weights[index]).toBeCloseTo(weight, 12);
    }
  });

  it('leaves classes that do not occur out of the median and gives them 1', () => {
    expect(medianFrequencyWeights(withShares(0.5, 0, 0.1, 0, 0.2))).toEqual([0.4, 1, 2, 1, 1]);
    expect(medianFrequencyWeights(withShares(0, 0))).toEqual([1, 1]);
  });
});
