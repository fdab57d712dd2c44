import { afterEach, describe, expect, it } from 'vitest';
import { random } from '../../../src/base/rng.ts';
import { allocate, tensorOf } from '../../../src/base/tensor.ts';
import { inputPresets } from '../../../src/data/input-config.ts';
import { argmax } from '../../../src/inference/predict/argmax.ts';
import { resizeScores } from '../../../src/inference/predict/resize-scores.ts';
import {
  createSegmenter,
  type Segmenter,
  type SegmenterOptions,
} from '../../../src/inference/predict/segmenter.ts';
import { sha256, testImage } from '../../data/helpers.ts';
import { relativeDifference } from '../../fixtures.ts';
import { fixtureWeights, randomModel } from '../../weights/models.ts';

const height = 26;
const width = 37;
let segmenter: Segmenter;
afterEach(() => segmenter?.release());

async function fixtureSegmenter(
  model: 'fcn8s' | 'fcn32s',
  images = 0,
  giveBack?: SegmenterOptions['giveBack'],
): Promise<Segmenter> {
  const { config } = randomModel({ model, numClasses: 5, width: 3 / 128 });
  const weights = await fixtureWeights(model);
  segmenter = await createSegmenter({ config, weights }, { threads: 1, images, giveBack });
  return segmenter;
}

/** Zeros, which is the worst that may be left. */
const forget = (kernels: Float32Array) => kernels.fill(0);

/**
 * testImage(26, 37) by PyTorch 1.13 in float64 with the fixture's weights: BGR minus Caffe's mean; with a size, resized by
 * Pillow 9.4 (BILINEAR), and scores back by interpolate(mode='bilinear', align_corners=False). Scores of the
 * five classes at (y, x) = (0, 0), (13, 20), (25, 36); SHA-256 of the argmax where no pixel is a near tie.
 */
const expected = [
  {
    model: 'fcn8s',
    size: undefined,
    scores: [
      [13.52115, -14.52792, 4.95394, -11.71197, -23.85694],
      [-5.37655, -16.7032, 8.87214, -20.90403, -15.07991],
      [-14.81124, 7.70693, 9.21021, -1.31126, 8.46981],
    ],
    classes: '982f2066fb17885f30c2770e610ff09932f3139426e78b72038c5230f203678f',
  },
  {
    model: 'fcn8s',
    size: { height: 41, width: 50 },
    scores: [
      [1.05437, -9.16534, -2.19316, -9.45541, -18.14951],
      [2.70274, -5.897, 5.4514, -0.06087, -5.03774],
      [-4.62983, 4.32116, 11.60197, 8.4591, 5.31815],
    ],
    classes: 'c2b5b30268f32e1899997355e539feae85bd2a6186a33a6b8379f947b3d613f4',
  },
  {
    model: 'fcn32s',
    size: { height: 20, width: 32 },
    scores: [
      [-0.5375, 0.96075, 0.27832, 0.54648, 0.01806],
      [-0.53896, 1.71608, 0.42223, 0.85983, 1.03569],
      [-1.68957, 0.63492, 0.71186, 1.08687, 0.48689],
    ],
    classes: '00cf3f1ca56be5ad29f79f0c1e1be2b58a17b5d5af4279de96c29cb3d459fdf4',
  },
] as const;

describe('a segmenter', () => {
  const weightsFor = [
    { images: 0, kernels: 'as they are', giveBack: undefined },
    { images: 100, kernels: 'as they are', giveBack: undefined },
    { images: 100, kernels: 'by lines', giveBack: forget },
  ];
  const ways = expected.flatMap((pinned) => weightsFor.map((each) => ({ ...pinned, ...each })));
  it.each(ways)(
    'gives the scores and classes of PyTorch: $model, size $size, for $images images, kernels $kernels',
    async (pinned) => {
      const { scores, segment } = await fixtureSegmenter(pinned.model, pinned.images, pinned.giveBack);
      const image = testImage(height, width);
      const { data, shape } = await scores(image, pinned.size);
      expect(shape).toEqual([1, 5, height, width]);
      [0, 13 * width + 20, 25 * width + 36].forEach((pixel, i) => {
        pinned.scores[i]!.forEach((score, c) => {
          expect(data[c * height * width + pixel]).toBeCloseTo(score, 3);
        });
      });
      const classes = await segment(image, pinned.size);
      expect(classes).toMatchObject({ height, width });
      expect(sha256(classes.data)).toBe(pinned.classes);
    },
  );

  it('lets go fc6 for many images, and only where the weights are its own', async () => {
    const gone: number[] = [];
    const giveBack = ({ length }: Float32Array) => gone.push(length);
    await fixtureSegmenter('fcn8s', 2, giveBack);
    await segmenter.release();
    expect(gone).toEqual([]);
    await fixtureSegmenter('fcn8s', 100, giveBack);
    const fc6 = (await fixtureWeights('fcn8s')).get('fc6.weight')!;
    expect(gone).toEqual([fc6.data.length]);
  });

  it('gives back fc6 once where streams share it', async () => {
    const streams = [
      { name: 'upper', channels: 1 },
      { name: 'lower', channels: 2 },
    ];
    const { config, weights } = randomModel({ streams, width: 3 / 128 });
    weights.set('lower.fc6.weight', { ...weights.get('upper.fc6.weight')! });
    const image = testImage(height, width);
    const scoresWith = async (options: Partial<SegmenterOptions>) => {
      segmenter = await createSegmenter({ config, weights }, { threads: 1, ...options });
      const { data } = await segmenter.scores(image);
      await segmenter.release();
      return tensorOf('float32', [data.length], data);
    };
    const expected = await scoresWith({});
    const found = await scoresWith({ images: 100, giveBack: forget });
    expect(Math.max(...expected.data)).toBeGreaterThan(0);
    expect(relativeDifference(found, expected)).toBeLessThan(1e-5);
  });

  it('segments images of many sizes at the same time, down to one pixel', async () => {
    const { segment } = await fixtureSegmenter('fcn32s');
    const sizes = [
      [1, 1],
      [30, 17],
      [5, 64],
      [30, 17],
    ] as const;
    const together = await Promise.all(sizes.map(([h, w]) => segment(testImage(h, w))));
    for (const [i, [h, w]] of sizes.entries()) {
      expect(together[i]).toEqual(await segment(testImage(h, w)));
      expect(together[i]!.data.length).toBe(h * w);
    }
  });

  it('keeps images of one size apart that are segmented at the same time, after others of that size', async () => {
    const { scores, segment } = await fixtureSegmenter('fcn32s');
    const image = testImage(30, 17);
    const images = [0, 85, 170, 255].map((turn) => ({
      ...image,
      data: image.data.map((value) => value ^ turn),
    }));
    const alone: unknown[] = [];
    for (const each of images) alone.push(await scores(each));
    expect(new Set(alone.map((each) => JSON.stringify(each))).size).toBe(4);
    await segment(image);
    expect(await Promise.all(images.map((each) => scores(each)))).toEqual(alone);
  });

  it('writes scores into the memory of earlier ones, if it is of their size', async () => {
    const { scores } = await fixtureSegmenter('fcn32s');
    const [first, second] = [testImage(20, 17), testImage(17, 20)];
    const expected = await scores(second);
    const earlier = await scores(first);
    expect(await scores(second, undefined, earlier)).toEqual(expected); // 17 x 20 does not fit, though it is as large
    const fitting = await scores({ ...first, height: 17, width: 20 });
    expect(await scores(second, undefined, fitting)).toBe(fitting);
    expect(fitting).toEqual(expected);
  });

  it('uses the weights as they are at each call, and the preprocessing of the model', async () => {
    const { config, weights } = randomModel({ numClasses: 3, classes: ['a', 'b', 'c'] });
    const image = testImage(20, 20);
    segmenter = await createSegmenter({ config, weights }, { threads: 1 });
    const before = await segmenter.scores(image);
    const bias = weights.get('score_fr.bias')!.data;
    const value = bias[2]!;
    bias[2] = 1000;
    expect(new Set((await segmenter.segment(image)).data)).toEqual(new Set([2]));
    bias[2] = value;
    expect(await segmenter.scores(image)).toEqual(before);
    await segmenter.release();

    const input = { ...inputPresets.torchvision, mean: [0, 0, 0] as [number, number, number] };
    segmenter = await createSegmenter(
      { config: { ...config, input: { ...input, std: [1, 1, 1] } }, weights },
      { threads: 1 },
    );
    expect((await segmenter.scores(image)).data).not.toEqual(before.data);
  });

  it('says so when the weights are not numbers', async () => {
    const { config, weights } = randomModel({ numClasses: 3, classes: ['a', 'b', 'c'] });
    weights.get('score_fr.bias')!.data[1] = Number.NaN;
    segmenter = await createSegmenter({ config, weights }, { threads: 1 });
    await expect(segmenter.segment(testImage(8, 8))).rejects.toThrow(/got NaN for class 0 at x 0, y 0/);
  });
});

describe('argmax', () => {
  it('is the class of highest score, the lowest of equal ones', () => {
    const classes = 255;
    const stream = random('argmax');
    const scores = allocate('float32', [1, classes, 7, 9]);
    // Few different values: ties everywhere.
    scores.data.set(scores.data.map(() => stream.integer(100) - 50));
    const { data, height, width } = argmax(scores);
    expect([height, width]).toEqual([7, 9]);
    for (let pixel = 0; pixel < 63; pixel++) {
      const column = Array.from({ length: classes }, (_, c) => scores.data[c * 63 + pixel]!);
      expect(data[pixel]).toBe(column.indexOf(Math.max(...column)));
    }
  });

  it('refuses infinite scores at every pixel: no weights that are of use give them', () => {
    const scores = tensorOf('float32', [1, 2, 1, 2], [0, 1, Infinity, Infinity]);
    expect(() => argmax(scores)).toThrow(
      'got Infinity for class 1 at x 0, y 0, expected a number; the weights',
    );
  });

  it('takes infinite scores, and refuses NaN in any plane', () => {
    const infinity = Number.POSITIVE_INFINITY;
    const scores = tensorOf(
      'float32',
      [1, 3, 1, 3],
      [-infinity, 1, 0, -infinity, infinity, 0, -infinity, 2, 1],
    );
    expect([...argmax(scores).data]).toEqual([0, 1, 2]);
    for (const c of [0, 1, 2]) {
      const broken = tensorOf('float32', [1, 3, 1, 3], scores.data);
      broken.data[c * 3 + 1] = Number.NaN;
      expect(() => argmax(broken)).toThrow(`got NaN for class ${c} at x 1, y 0`);
    }
  });
});

describe('resizeScores', () => {
  const scores = tensorOf('float32', [1, 2, 2, 3], [0, 1, 4, 9, 16, 25, 0, -1, -4, -9, -16, -25]);

  // PyTorch 1.13: interpolate(scores, size, mode='bilinear', align_corners=False).
  it.each<[number, number, number[]]>([
    [
      4,
      5,
      [
        ...[0, 0.4, 1, 2.8, 4, 2.25, 3.25, 4.75, 7.45, 9.25],
        ...[6.75, 8.95, 12.25, 16.75, 19.75, 9, 11.8, 16, 21.4, 25],
      ],
    ],
    [1, 2, [5.5, 13]],
    [3, 1, [1, 8.5, 16]],
    [2, 7, [0, 0.142857, 0.571429, 1, 2.285714, 3.571429, 4, 9, 10, 13, 16, 19.857143, 23.714286, 25]],
  ])('gives what PyTorch gives for %dx%d', (height, width, plane) => {
    const { data, shape } = resizeScores(scores, height, width);
    expect(shape).toEqual([1, 2, height, width]);
    expect(data.length).toBe(2 * plane.length);
    plane.forEach((value, i) => {
      expect(data[i]).toBeCloseTo(value, 5);
      expect(data[plane.length + i]).toBeCloseTo(-value, 5);
    });
  });

  it('leaves scores of that size alone', () => {
    expect(resizeScores(scores, 2, 3)).toBe(scores);
  });
});
