import { describe, expect, it } from 'vitest';
import { random } from '../../../src/base/rng.ts';
import type { Sample } from '../../../src/data/datasets/dataset.ts';
import { parseAugment, trainingTransform } from '../../../src/data/transforms/augment.ts';
import { sampleLoss } from '../../../src/data/transforms/loss-sampling.ts';
import { randomShift } from '../../../src/data/transforms/random-shift.ts';

/** Every pixel tells where it is: red its column, green its row, and its class the sum of both. */
function sampleOf(width: number, height: number): Sample {
  const pixels = Array.from(
    { length: width * height },
    (_, i) => [i % width, Math.floor(i / width)] as const,
  );
  return {
    id: 'a',
    image: { width, height, data: Uint8Array.from(pixels.flatMap(([x, y]) => [x, y, 7])) },
    label: { width, height, data: Uint8Array.from(pixels, ([x, y]) => x + y) },
  };
}

describe('a shift', () => {
  const [width, height] = [50, 40];
  const sample = sampleOf(width, height);
  const fill = [200, 201, 202] as const;

  it('moves image and label together, by up to 32 pixels each way, and fills with the mean color and void', () => {
    const transform = randomShift(32, fill);
    const stream = random(3, 'shift');
    const seen = { right: [0, 0], down: [0, 0] };
    for (let draw = 0; draw < 300; draw++) {
      const { image, label } = transform(sample, stream);
      expect([image.width, image.height, label.width, label.height]).toEqual([width, height, width, height]);
      const kept = Array.from(label.data).findIndex((value) => value !== 255);
      const [x, y] = [kept % width, Math.floor(kept / width)];
      const [right, down] = [x - image.data[3 * kept]!, y - image.data[3 * kept + 1]!];
      seen.right = [Math.min(seen.right[0]!, right), Math.max(seen.right[1]!, right)];
      seen.down = [Math.min(seen.down[0]!, down), Math.max(seen.down[1]!, down)];
      for (let i = 0; i < label.data.length; i++) {
        const [column, row] = [(i % width) - right, Math.floor(i / width) - down];
        const isInside = column >= 0 && column < width && row >= 0 && row < height;
        const expected = isInside ? [column, row, 7, column + row] : [...fill, 255];
        if ([...image.data.subarray(3 * i, 3 * i + 3), label.data[i]].join() !== expected.join()) {
          expect.fail(`pixel ${i} of a shift by ${right}, ${down}`);
        }
      }
    }
    expect(seen).toEqual({ right: [-32, 32], down: [-32, 32] });
  });

  it('may move all of a small image out of sight', () => {
    const { image, label } = sampleOf(9, 7);
    const transform = randomShift(32, fill);
    const stream = random(4, 'shift');
    const results = Array.from({ length: 50 }, () => transform({ id: 'a', image, label }, stream).label.data);
    expect(results.some((data) => data.every((value) => value === 255))).toBe(true);
    expect(results.some((data) => data.some((value) => value !== 255))).toBe(true);
  });

  it('is one of the augmentations', () => {
    const transform = trainingTransform({ mode: 'native' }, parseAugment('shift'), [0, 0, 0]);
    expect(transform(sample, random(1)).label.data).not.toEqual(sample.label.data);
  });
});

describe('loss sampling', () => {
  it.each([0.1, 0.5, 0.9])('lets each pixel count with probability %d, and leaves the image', (share) => {
    const sample = sampleOf(101, 99);
    const { image, label } = sampleLoss(share)(sample, random(5, 'sample'));
    expect(image).toEqual(sample.image);
    const kept = label.data.filter((value, i) => value === sample.label.data[i]).length;
    const voids = label.data.filter((value) => value === 255).length;
    expect(kept + voids).toBe(label.data.length);
    // Five standard deviations of a binomial distribution.
    const deviation = Math.sqrt(label.data.length * share * (1 - share));
    expect(Math.abs(kept - share * label.data.length)).toBeLessThan(5 * deviation);
  });

  it('draws other pixels for each sample, and none where all count', () => {
    const sample = sampleOf(30, 20);
    const transform = sampleLoss(0.5);
    const stream = random(5, 'sample');
    expect(transform(sample, stream).label).not.toEqual(transform(sample, stream).label);
    expect(trainingTransform({ mode: 'native' }, [], [0, 0, 0], 1)(sample, stream)).toEqual(sample);
  });
});
