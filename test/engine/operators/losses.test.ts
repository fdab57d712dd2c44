import { describe, expect, it } from 'vitest';
import { random } from '../../../src/base/rng.ts';
import { type Tensor, tensorOf } from '../../../src/base/tensor.ts';
import type { PixelLossOptions } from '../../../src/engine/operators/losses/pixel-loss.ts';
import {
  isPixelLoss,
  type LossName,
  type LossTerm,
  sumOfLosses,
} from '../../../src/engine/operators/losses/sum-of-losses.ts';
import { runWithGradients } from './run-graph.ts';

const names: LossName[] = ['ce', 'focal', 'dice', 'lovasz'];

function sample(batch: number, seed: number): { x: Tensor<'float32'>; label: Tensor<'uint8'> } {
  const stream = random(seed, 'losses');
  const x = Array.from({ length: batch * 3 * 20 }, () => stream.normal());
  const label = Array.from({ length: batch * 20 }, () => [0, 1, 2, 255][stream.integer(4)]!);
  return { x: tensorOf('float32', [batch, 3, 4, 5], x), label: tensorOf('uint8', [batch, 4, 5], label) };
}

async function run(
  terms: readonly LossTerm[],
  inputs: Record<string, Tensor>,
  options: PixelLossOptions = {},
  result: 'loss' | 'validPixels' = 'loss',
) {
  const scalar = { dtype: 'float32', shape: [] } as const;
  const { y, gradients } = await runWithGradients({
    apply: (graph, { x, label }) =>
      Object.assign(sumOfLosses(graph, x!, label!, terms, options)[result], scalar),
    ...{ inputs, outputShape: [], wanted: result === 'loss' ? ['x'] : [] },
  });
  return { value: Number(y.data[0]), gradient: gradients.x };
}

describe.each(names)('%s', (name) => {
  const terms = [{ name, weight: 1 }];

  it('is NaN where a score is, without a failure', async () => {
    const { x, label } = sample(2, 1);
    x.data.set([Number.NaN, Number.POSITIVE_INFINITY], 7);
    const { value } = await run(terms, { x, label });
    expect(value).toBeNaN();
  });

  it('takes no notice of the scores of void pixels', async () => {
    const { x, label } = sample(2, 2);
    const { value } = await run(terms, { x, label });
    label.data.forEach((each, i) => {
      if (each === 255)
        for (const c of [0, 1, 2]) x.data[60 * Math.floor(i / 20) + 20 * c + (i % 20)] = 9 * c;
    });
    const moved = await run(terms, { x, label });
    expect(moved.value).toBeCloseTo(value, 6);
    label.data.forEach((each, i) => {
      if (each !== 255) return;
      for (const c of [0, 1, 2]) {
        expect(moved.gradient!.data[60 * Math.floor(i / 20) + 20 * c + (i % 20)]).toBeCloseTo(0, 12);
      }
    });
  });
});

/** Sums over the images of a batch, each alone, against the batch. */
async function accumulated(terms: readonly LossTerm[], options: PixelLossOptions) {
  const { x, label } = sample(3, 3);
  const sum = { ...options, normalization: 'sum' } as const;
  let [total, count] = [0, 0];
  for (const n of [0, 1, 2]) {
    const image = {
      x: tensorOf('float32', [1, 3, 4, 5], x.data.slice(60 * n, 60 * (n + 1))),
      label: tensorOf('uint8', [1, 4, 5], label.data.slice(20 * n, 20 * (n + 1))),
    };
    total += (await run(terms, image, sum)).value;
    count += (await run(terms, image, sum, 'validPixels')).value;
  }
  return { mean: total / count, batch: (await run(terms, { x, label }, options)).value };
}

describe('micro-batches add up to a minibatch', () => {
  const settings: [string, PixelLossOptions][] = [
    ['plain', {}],
    ['class weights', { classWeights: [0.5, 2, 1] }],
    ['hard pixels', { hardPixels: 0.3 }],
    ['both', { classWeights: [0.5, 2, 1], hardPixels: 0.3 }],
  ];
  it.each(settings)('of losses over pixels, %s', async (_, options) => {
    const terms = names.filter(isPixelLoss).map((name, i) => ({ name, weight: 1 + i }));
    const { mean, batch } = await accumulated(terms, options);
    expect(mean).toBeCloseTo(batch, 5);
  });

  it('dice and lovasz are means of the micro-batches instead, weighted by their pixels', async () => {
    const { x, label } = sample(3, 3);
    for (const name of ['dice', 'lovasz'] as const) {
      const { mean, batch } = await accumulated([{ name, weight: 1 }], {});
      let [total, count] = [0, 0];
      for (const n of [0, 1, 2]) {
        const labels = label.data.slice(20 * n, 20 * (n + 1));
        const image = {
          x: tensorOf('float32', [1, 3, 4, 5], x.data.slice(60 * n, 60 * (n + 1))),
          label: tensorOf('uint8', [1, 4, 5], labels),
        };
        const valid = labels.filter((each) => each !== 255).length;
        total += valid * (await run([{ name, weight: 1 }], image)).value;
        count += valid;
      }
      expect(mean).toBeCloseTo(total / count, 5);
      expect(Math.abs(mean - batch)).toBeGreaterThan(1e-3); // so it makes a difference
    }
  });
});
