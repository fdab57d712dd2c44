import { describe, expect, it } from 'vitest';
import { random } from '../../../src/base/rng.ts';
import { allocate, type Tensor } from '../../../src/base/tensor.ts';
import { randomModel } from '../../../src/cli/bench/random-model.ts';
import { toInput } from '../../../src/data/batches/batch.ts';
import type { Image } from '../../../src/data/images/image.ts';
import { nativeRuntime } from '../../../src/engine/runtimes/native/native-runtime.ts';
import { argmax } from '../../../src/inference/predict/argmax.ts';
import { cellsOfGrid, cellsOfResized } from '../../../src/inference/predict/between-entries.ts';
import { enlargeScores } from '../../../src/inference/predict/enlarge-scores.ts';
import {
  classesInJavaScript,
  interpolatedClasses,
} from '../../../src/inference/predict/interpolated-classes.ts';
import { resizeScores } from '../../../src/inference/predict/resize-scores.ts';
import { createSegmenter } from '../../../src/inference/predict/segmenter.ts';
import { entriesFor } from '../../../src/networks/graphs/coarse-output.ts';
import { compileInference } from '../../../src/networks/graphs/inference.ts';
import type { ModelName } from '../../../src/networks/model-names.ts';
import { defaultPlans } from '../../../src/networks/plans.ts';
import type { Model } from '../../../src/weights/model.ts';

const classes = 5;

function noise(height: number, width: number): Image {
  const stream = random(0, 'coarse');
  return { height, width, data: Uint8Array.from({ length: 3 * height * width }, () => stream.integer(256)) };
}

/** The scores of the whole graph, whose last layer is a deconvolution with any weights. */
async function scoresOfGraph({ config, weights }: Model, image: Image): Promise<Tensor<'float32'>> {
  const session = await nativeRuntime.createSession(compileInference(config), { threads: 1 });
  const scores = allocate('float32', [1, classes, image.height, image.width]);
  await session.run({ ...Object.fromEntries(weights), image: toInput(image, config.input) }, { scores });
  await session.release();
  return scores;
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}

const networks: readonly (readonly [ModelName, number])[] = [
  ['fcn32s', 1 / 16],
  ['fcn16s', 1 / 16],
  ['fcn8s', 1 / 16],
  ['fcn32s-alexnet', 1 / 16],
  ['fcn16s-googlenet', 1 / 8],
  ['fcn32s-squeezenet', 1 / 4],
  ['fcn8s-mobilenetv2', 1 / 4],
  ['deeplabv3-mobilenetv2', 1 / 4],
];

describe('a segmenter with a bilinear last layer', () => {
  it.each(networks)('gives the scores and classes of the whole graph, %s', async (name, width) => {
    const network = randomModel(name, width, classes);
    const segmenter = await createSegmenter(network, { threads: 1, images: 1 });
    for (const [height, columns] of [[97, 131] as const, [33, 40] as const, [1, 1] as const]) {
      const image = noise(height, columns);
      const expected = await scoresOfGraph(network, image);
      const scores = await segmenter.scores(image);
      const most = expected.data.reduce((max, score) => Math.max(max, Math.abs(score)), 0);
      expect(largestDifference(scores.data, expected.data)).toBeLessThan(1e-5 * Math.max(1, most));
      expect(await segmenter.segment(image)).toEqual(argmax(scores));
      const size = { height: 48, width: 64 };
      expect(await segmenter.segment(image, size)).toEqual(argmax(await segmenter.scores(image, size)));
    }
    await segmenter.release();
  });

  it("gives the same by Winograd's algorithm, which adds constants of its own", async () => {
    const network = randomModel('fcn8s', 1 / 8, classes);
    const image = noise(60, 70);
    const expected = await scoresOfGraph(network, image);
    const plan = { ...defaultPlans.inference, winograd: [{ tiles: 4 }] } as const;
    const segmenter = await createSegmenter(network, { threads: 1, images: 1, plan });
    const most = expected.data.reduce((max, score) => Math.max(max, Math.abs(score)), 0);
    expect(largestDifference((await segmenter.scores(image)).data, expected.data)).toBeLessThan(1e-4 * most);
    await segmenter.release();
  });

  it('computes other weights of the last layer as they are', async () => {
    const network = randomModel('fcn8s-mobilenetv2', 1 / 4, classes);
    network.weights.get('upscore8.weight')!.data[1000]! += 0.5;
    const segmenter = await createSegmenter(network, { threads: 1, images: 1 });
    const image = noise(40, 50);
    const expected = await scoresOfGraph(network, image);
    expect(largestDifference((await segmenter.scores(image)).data, expected.data)).toBeLessThan(1e-4);
    await segmenter.release();
  });

  it('says where a score is not a number', async () => {
    const network = randomModel('fcn8s-mobilenetv2', 1 / 4, classes);
    network.weights.get('score_block6.bias')!.data[2] = Number.NaN;
    const segmenter = await createSegmenter(network, { threads: 1, images: 1 });
    await expect(segmenter.segment(noise(40, 50))).rejects.toThrow('got NaN for class 2 at x 0, y 0');
    await expect(segmenter.segment(noise(40, 50), { height: 32, width: 32 })).rejects.toThrow(
      'NaN for class 2',
    );
    await segmenter.release();
  });
});

/** Scores of which many are equal. */
function coarseScores(count: number, rows: number, columns: number, seed: number): Tensor<'float32'> {
  const stream = random(seed, 'scores');
  const scores = allocate('float32', [1, count, rows, columns]);
  for (let i = 0; i < scores.data.length; i++) scores.data[i] = stream.integer(4) - 2;
  return scores;
}

describe.each([
  ['interpolatedClasses', interpolatedClasses],
  ['classesInJavaScript', classesInJavaScript],
])('%s', (_, classesOf) => {
  it.each([1, 2, 3, 4, 5, 6])(
    'finds the highest of all interpolated scores, of equal ones the first, seed %i',
    (seed) => {
      for (const grid of [
        { stride: 8, first: 0 },
        { stride: 8, first: -3.5 },
        { stride: 4, first: -3 },
      ]) {
        const [height, width] = [29, 37];
        const scores = coarseScores(6, entriesFor(height, grid), entriesFor(width, grid), seed);
        const whole = allocate('float32', [1, 6, height, width]);
        enlargeScores(scores, grid, whole);
        const found = classesOf(scores, cellsOfGrid(height, grid), cellsOfGrid(width, grid));
        expect(found).toEqual(argmax(whole));
      }
    },
  );

  it('finds them among 255 classes, in cells of many pixels and entries of any number', () => {
    const stream = random(2, 'wide');
    for (const [stride, height, width] of [
      [32, 90, 71] as const,
      [70, 141, 75] as const,
      [2, 9, 14] as const,
    ]) {
      const grid = { stride, first: -1.5 };
      const shape = [1, 255, entriesFor(height, grid), entriesFor(width, grid)];
      const scores = allocate('float32', shape);
      for (let i = 0; i < scores.data.length; i++) scores.data[i] = stream.normal() * 1e20;
      const whole = allocate('float32', [1, 255, height, width]);
      enlargeScores(scores, grid, whole);
      const found = classesOf(scores, cellsOfGrid(height, grid), cellsOfGrid(width, grid));
      expect(found).toEqual(argmax(whole));
    }
  });

  it.each([
    [
      [20, 30],
      [61, 47],
    ],
    [
      [20, 30],
      [7, 9],
    ],
    [
      [2, 2],
      [5, 1],
    ],
  ] as const)('finds them in scores of %j at %j', (from, to) => {
    const stream = random(1, 'resized');
    const scores = allocate('float32', [1, 4, ...from]);
    for (let i = 0; i < scores.data.length; i++) scores.data[i] = stream.normal();
    const found = classesOf(scores, cellsOfResized(from[0], to[0]), cellsOfResized(from[1], to[1]));
    expect(found).toEqual(argmax(resizeScores(scores, to[0], to[1])));
  });
});
