import { describe, expect, it } from 'vitest';
import { random } from '../../../src/base/rng.ts';
import type { Sample } from '../../../src/data/datasets/dataset.ts';
import { ignoreLabel } from '../../../src/data/images/image.ts';
import { augmentations, parseAugment, trainingTransform } from '../../../src/data/transforms/augment.ts';
import { jitterColor, randomColorJitter } from '../../../src/data/transforms/color-jitter.ts';
import { randomCrop } from '../../../src/data/transforms/random-crop.ts';
import { randomHorizontalFlip } from '../../../src/data/transforms/random-horizontal-flip.ts';
import { resizeImage, resizeLabel } from '../../../src/data/transforms/resample.ts';
import { randomScale, resize } from '../../../src/data/transforms/resize.ts';
import { codedSample, codeOf, sha256, testImage } from '../helpers.ts';

const fill = [1, 2, 3] as const;

/** Expects each pixel's color to be the code of its label; void must have the color of the padding. */
function expectAligned({ image, label }: Sample): void {
  expect([label.width, label.height]).toEqual([image.width, image.height]);
  expect(label.data).toHaveLength(image.width * image.height);
  const colors = [...label.data].flatMap((value) => (value === ignoreLabel ? fill : codeOf(value)));
  expect([...image.data]).toEqual(colors);
}

describe('resize', () => {
  // SHA-256 (first 16 digits) of what Pillow 9.4 makes of testImage(h, w):
  //   a = Image.fromarray(image); a.resize((W, H), Image.BILINEAR)
  //   b = Image.fromarray(image[:, :, 0]); b.resize((W, H), Image.NEAREST)
  type Size = [height: number, width: number];
  const pillow: { from: Size; to: Size; bilinear: string; nearest: string }[] = [
    { from: [61, 83], to: [30, 41], bilinear: '1dcd1d6d4d8745e6', nearest: '64da02b04e1d609b' },
    { from: [61, 83], to: [122, 166], bilinear: 'b3259cb483122f4e', nearest: 'c57d1c7a64de9e19' },
    { from: [61, 83], to: [224, 20], bilinear: '0dd3e88f766daa29', nearest: '3dbfef984714eb6e' },
    { from: [61, 83], to: [61, 40], bilinear: '34be33fb5b6fda29', nearest: 'fd65c605f10fbad0' },
    { from: [61, 83], to: [17, 83], bilinear: 'a5bb26ff3435a1bc', nearest: 'feafd6c4ba2e47d7' },
    { from: [5, 3], to: [64, 64], bilinear: '518a998740869739', nearest: 'e44bb785018c015a' },
    { from: [200, 100], to: [1, 1], bilinear: 'd732297babadbbda', nearest: '189f40034be7a199' },
  ];

  it.each(pillow)('from $from to $to is what Pillow makes', ({ from, to, bilinear, nearest }) => {
    const image = testImage(...from);
    const label = { ...image, data: image.data.filter((_, i) => i % 3 === 0) };
    expect(sha256(resizeImage(image, ...to).data).slice(0, 16)).toBe(bilinear);
    expect(sha256(resizeLabel(label, ...to).data).slice(0, 16)).toBe(nearest);
  });

  it('keeps an image of the wanted size', () => {
    const sample = codedSample(10, 15);
    expect(resize(10, 15)(sample, random(0))).toEqual(sample);
  });

  it('keeps edges of image and label in the same place', () => {
    // Two halves, black of label 0 and white of label 1: a pixel is brighter than gray where its label is 1.
    const halves = (horizontal: boolean): Sample => {
      const data = Uint8Array.from({ length: 40 * 40 }, (_, i) =>
        (horizontal ? i % 40 : Math.floor(i / 40)) < 17 ? 0 : 1,
      );
      const image = Uint8Array.from({ length: 4800 }, (_, i) => data[Math.floor(i / 3)]! * 255);
      return {
        id: 'halves',
        image: { width: 40, height: 40, data: image },
        label: { width: 40, height: 40, data },
      };
    };
    for (const [height, width] of [[90, 71] as const, [23, 31] as const, [40, 80] as const]) {
      for (const horizontal of [true, false]) {
        const { image, label } = resize(height, width)(halves(horizontal), random(0));
        label.data.forEach((value, i) => {
          if (Math.abs(image.data[i * 3]! - 127.5) > 1) expect(image.data[i * 3]! > 127 ? 1 : 0).toBe(value);
        });
      }
    }
  });
});

describe('randomScale', () => {
  it('scales both sides by one factor from the range and keeps only labels that there were', () => {
    const sample = codedSample(50, 80);
    const known = new Set(sample.label.data);
    const heights = new Set<number>();
    for (let k = 0; k < 40; k++) {
      const { image, label } = randomScale(0.5, 2)(sample, random(0, k));
      expect([label.width, label.height]).toEqual([image.width, image.height]);
      expect(image.height).toBeGreaterThanOrEqual(25);
      expect(image.height).toBeLessThanOrEqual(100);
      expect(Math.abs(image.width / 80 - image.height / 50)).toBeLessThan(0.02);
      expect([...label.data].every((value) => known.has(value))).toBe(true);
      heights.add(image.height);
    }
    expect(heights.size).toBeGreaterThan(20);
    expect(Math.min(...heights)).toBeLessThan(35);
    expect(Math.max(...heights)).toBeGreaterThan(90);
  });

  it('leaves at least one pixel', () => {
    const { image } = randomScale(0.1, 0.2)(codedSample(2, 3), random(0));
    expect([image.height, image.width]).toEqual([1, 1]);
  });
});

describe('randomCrop', () => {
  it('cuts windows anywhere, with image and label aligned', () => {
    const sample = codedSample(12, 16);
    const positions = new Set<number>();
    for (let k = 0; k < 300; k++) {
      const cropped = randomCrop(5, 7, { fill })(sample, random(k));
      expect([cropped.image.height, cropped.image.width]).toEqual([5, 7]);
      expectAligned(cropped);
      const first = cropped.label.data[0]!;
      const rows = [0, 1, 2, 3, 4].flatMap((y) => Array.from({ length: 7 }, (_, x) => first + y * 16 + x));
      expect([...cropped.label.data]).toEqual(rows);
      positions.add(first);
    }
    // 8 x 10 windows there are, from the first pixel to the last possible one.
    expect(positions.size).toBeGreaterThan(70);
    expect(positions.has(0)).toBe(true);
    expect(positions.has(7 * 16 + 9)).toBe(true);
  });

  it('pads a smaller sample on the right and below with the color and void', () => {
    const padded = randomCrop(5, 6, { fill })(codedSample(3, 4), random(0));
    expectAligned(padded);
    const v = ignoreLabel;
    const row = (first: number) => [first, first + 1, first + 2, first + 3, v, v];
    expect([...padded.label.data]).toEqual([...row(0), ...row(4), ...row(8), ...new Array(12).fill(v)]);
    expectAligned(randomCrop(2, 9, { fill })(codedSample(6, 4), random(0)));
    expectAligned(randomCrop(9, 2, { fill })(codedSample(6, 4), random(0)));
  });
});

describe('randomHorizontalFlip', () => {
  it('mirrors about half of the samples, with image and label aligned', () => {
    const sample = codedSample(4, 5);
    const mirrored = [0, 1, 2, 3].flatMap((y) => [4, 3, 2, 1, 0].map((x) => y * 5 + x));
    let flips = 0;
    for (let k = 0; k < 200; k++) {
      const result = randomHorizontalFlip()(sample, random(k));
      expectAligned(result);
      if (result.label.data[0] === 0) expect(result.label).toEqual(sample.label);
      else {
        expect([...result.label.data]).toEqual(mirrored);
        flips++;
      }
    }
    expect(flips).toBeGreaterThan(70);
    expect(flips).toBeLessThan(130);
  });
});

describe('color jitter', () => {
  // SHA-256 (first 16 digits) of what Pillow 9.4 makes of a = testImage(61, 83), with factors b, c, s in 256ths:
  //   a = ImageEnhance.Brightness(a).enhance(b / 256); a = ImageEnhance.Contrast(a).enhance(c / 256)
  //   a = ImageEnhance.Color(a).enhance(s / 256)
  const pillow: [b: number, c: number, s: number, digest: string][] = [
    [256, 256, 256, 'a4793262f24fe5bf'],
    [154, 154, 154, '3c8d9c8a948e9a83'],
    [358, 358, 358, 'f8f2194dc2c508d5'],
    [154, 358, 200, 'af1dae22c54ed1d9'],
    [358, 154, 358, 'fbbfd1a0b190c989'],
    [256, 300, 256, '52a080f2407ffb64'],
    [301, 211, 177, '4f968fa47326d5ec'],
  ];

  it.each(pillow)('by %i, %i, %i is what Pillow makes', (brightness, contrast, saturation, digest) => {
    const { width, height, data } = jitterColor(testImage(61, 83), brightness, contrast, saturation);
    expect([width, height]).toEqual([83, 61]);
    expect(sha256(data).slice(0, 16)).toBe(digest);
  });

  it('draws factors from 0.6 to 1.4 and keeps the labels', () => {
    // Gray, of which contrast and saturation change nothing: its brightness is the factor.
    const gray = { width: 4, height: 2, data: new Uint8Array(24).fill(160) };
    const { label } = codedSample(2, 4);
    const values = Array.from({ length: 400 }, (_, k) => {
      const jittered = randomColorJitter()({ id: 'gray', image: gray, label }, random(k));
      expect(jittered.label).toEqual(label);
      expect(new Set(jittered.image.data).size).toBe(1);
      return jittered.image.data[0]!;
    });
    expect(Math.min(...values)).toBeGreaterThanOrEqual(96); // 0.6 * 160
    expect(Math.min(...values)).toBeLessThan(100);
    expect(Math.max(...values)).toBeLessThanOrEqual(224); // 1.4 * 160
    expect(Math.max(...values)).toBeGreaterThan(220);
    const mean = values.reduce((sum, value) => sum + value) / values.length;
    expect(Math.abs(mean - 160)).toBeLessThan(8);
  });
});

describe('trainingTransform', () => {
  const sample = codedSample(30, 40);

  it('leaves samples alone when nothing is asked for', () => {
    expect(trainingTransform({ mode: 'native' }, [], fill)(sample, random(0))).toEqual(sample);
  });

  it('gives the size that is asked for, with any augmentation', () => {
    for (const mode of ['resize', 'crop'] as const) {
      for (const augment of ['none', 'flip', 'scale', 'scale,flip', 'color,scale,flip']) {
        const transform = trainingTransform({ mode, height: 24, width: 36 }, parseAugment(augment), fill);
        for (let k = 0; k < 10; k++) {
          const { image, label } = transform(sample, random(k));
          expect([image.height, image.width, label.height, label.width]).toEqual([24, 36, 24, 36]);
          expect(label.data).toHaveLength(24 * 36);
          expect(image.data).toHaveLength(24 * 36 * 3);
        }
      }
    }
  });

  it('resizes without randomness unless augmented, and scales visibly when it is', () => {
    const size = { mode: 'resize', height: 24, width: 36 } as const;
    const plain = trainingTransform(size, [], fill);
    expect(plain(sample, random(1))).toEqual(plain(sample, random(2)));
    const scaled = trainingTransform(size, ['scale'], fill);
    const results = new Set(
      Array.from({ length: 20 }, (_, k) => sha256(scaled(sample, random(k)).label.data)),
    );
    expect(results.size).toBeGreaterThan(15);
  });

  it('leaves the padding the color that it has, whatever happens to colors', () => {
    const transform = trainingTransform({ mode: 'crop', height: 40, width: 60 }, ['color'], fill);
    const { image, label } = transform(sample, random(1));
    const padding = [...label.data].flatMap((value, i) =>
      value === ignoreLabel ? [[...image.data.slice(3 * i, 3 * i + 3)]] : [],
    );
    expect(padding).toHaveLength(40 * 60 - 30 * 40);
    for (const color of padding) expect(color).toEqual(fill);
  });

  it('depends on the stream alone, and does not modify the sample', () => {
    const before = sha256(sample.image.data);
    // A shift would move all of so small a window out of sight.
    const seen = augmentations.filter((name) => name !== 'shift');
    const transform = trainingTransform({ mode: 'crop', height: 20, width: 20 }, seen, fill);
    const expected = transform(sample, random(5, 'augment', 3));
    transform(sample, random(5, 'augment', 4));
    expect(transform(sample, random(5, 'augment', 3))).toEqual(expected);
    expect(transform(sample, random(5, 'augment', 4))).not.toEqual(expected);
    expect(sha256(sample.image.data)).toBe(before);
  });
});

describe('parseAugment', () => {
  it('reads names', () => {
    expect(parseAugment('none')).toEqual([]);
    expect(parseAugment('flip')).toEqual(['flip']);
    expect(parseAugment('flip,scale')).toEqual(['flip', 'scale']);
    expect(parseAugment('color')).toEqual(['color']);
  });

  it('refuses unknown, empty and repeated names', () => {
    for (const text of ['', 'flip,', 'rotate', 'none,flip', 'Flip', 'flip, scale']) {
      expect(() => parseAugment(text), text).toThrow(
        /^augment: got '.*', expected none or some of flip,scale,color/,
      );
    }
    expect(() => parseAugment('flip,flip')).toThrow(/^augment: got 'flip' twice/);
  });
});
