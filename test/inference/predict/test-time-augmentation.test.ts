import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { argmax } from '../../../src/inference/predict/argmax.ts';
import { createSegmenter, type Segmenter } from '../../../src/inference/predict/segmenter.ts';
import { withViews } from '../../../src/inference/predict/test-time-augmentation.ts';
import { sha256, testImage } from '../../data/helpers.ts';
import { fixtureWeights, randomModel } from '../../weights/models.ts';

let segmenter: Segmenter;
beforeAll(async () => {
  const { config } = randomModel({ model: 'fcn8s', numClasses: 5, width: 3 / 128, classes: [...'abcde'] });
  segmenter = await createSegmenter({ config, weights: await fixtureWeights('fcn8s') }, { threads: 1 });
});
afterAll(() => segmenter.release());

/**
 * testImage(26, 37) by PyTorch 1.13 in float64 with the fixture's weights: of each view the image resized by Pillow 9.4 (BILINEAR),
 * the scores by interpolate(mode='bilinear', align_corners=False), softmax(1), flip(3); their mean. Probabilities of the
 * five classes at (y, x) = (0, 0), (13, 20), (25, 36); SHA-256 of the argmax where no pixel is a near tie.
 */
const expected = [
  {
    views: ['flip'],
    probabilities: [
      [0.543634, 0, 0.456365, 0, 0],
      [0.002944, 0, 0.996912, 0, 0.000144],
      [0.000006, 0.065437, 0.794224, 0.000008, 0.140325],
    ],
    classes: undefined,
  },
  {
    views: ['scales'],
    probabilities: [
      [0.786074, 0.007177, 0.196882, 0.00769, 0.002177],
      [0.166301, 0.015718, 0.632097, 0.17521, 0.010674],
      [0.002843, 0.095313, 0.461298, 0.115443, 0.325102],
    ],
    classes: '225e16c343386f480b0660ad975aeaa2e812ce156c6552180704e760edc556ee',
  },
  {
    views: ['scales', 'flip'],
    probabilities: [
      [0.610865, 0.00378, 0.376983, 0.003954, 0.004418],
      [0.159581, 0.094977, 0.650953, 0.088087, 0.006402],
      [0.31499, 0.06274, 0.359957, 0.09948, 0.162832],
    ],
    classes: '14a8f2e9fa0c1b8f502be041020f23a40060956db6f57de9747c76aeb627f457',
  },
] as const;

describe('a segmenter that looks several times', () => {
  it.each(expected)(
    'gives the mean probabilities of PyTorch: $views',
    async ({ views, probabilities, classes }) => {
      const looking = withViews(segmenter, views);
      const image = testImage(26, 37);
      const scores = await looking.scores(image);
      expect(scores.shape).toEqual([1, 5, 26, 37]);
      [0, 13 * 37 + 20, 25 * 37 + 36].forEach((pixel, i) => {
        probabilities[i]!.forEach((probability, c) => {
          expect(scores.data[c * 26 * 37 + pixel]).toBeCloseTo(probability, 4);
        });
      });
      const labels = await looking.segment(image);
      expect(labels).toEqual(argmax(scores));
      if (classes) expect(sha256(labels.data)).toBe(classes);
    },
  );

  it('refuses an image whose views are too large', async () => {
    const huge = { width: 30_000, height: 30_000, data: new Uint8Array() };
    await expect(withViews(segmenter, ['flip']).segment(huge)).rejects.toThrow(
      /^--tta: got an image of 30000x30000 pixels, expected one that can be segmented as a whole .* memory; leave --tta out$/,
    );
    await expect(withViews(segmenter, ['scales']).segment(huge)).rejects.toThrow(/at 1\.75 times its size/);
  });
});
