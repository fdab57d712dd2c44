import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Dataset } from '../../../src/data/datasets/dataset.ts';
import { openDataset } from '../../../src/data/datasets/open.ts';
import { evaluate } from '../../../src/inference/evaluate/evaluate.ts';
import { scorePredictions } from '../../../src/inference/evaluate/score.ts';
import { createSegmenter, type Segmenter } from '../../../src/inference/predict/segmenter.ts';
import { writePrediction } from '../../../src/inference/predict/write-prediction.ts';
import { temporaryFolder } from '../../data/helpers.ts';
import { randomModel } from '../../weights/models.ts';

let dataset: Dataset;
let segmenter: Segmenter;
beforeEach(async () => {
  dataset = await openDataset('shapes:?val=5&size=48&classes=4', 'val');
  const model = randomModel({ model: 'fcn16s', numClasses: 4, classes: [...dataset.classes] });
  segmenter = await createSegmenter(model, { threads: 1 });
});
afterEach(() => segmenter.release());

describe('evaluate', () => {
  it.each([undefined, { height: 40, width: 56 }])(
    'gives the metrics of its predictions, size %o',
    async (size) => {
      const predictions = await temporaryFolder();
      const progress: string[] = [];
      const metrics = await evaluate({
        segmenter,
        dataset,
        size,
        onPrediction: (id, sample, prediction) => {
          expect(sample.id).toBe(id);
          return writePrediction(predictions, id, prediction);
        },
        onProgress: (done, total) => progress.push(`${done}/${total}`),
      });
      expect(metrics).toEqual(await scorePredictions({ dataset, predictions }));
      expect(metrics.images).toBe(5);
      expect(progress).toEqual(['1/5', '2/5', '3/5', '4/5', '5/5']);
      // Not just one class everywhere, which many a mistake would score the same.
      expect(metrics.confusionMatrix[0]!.filter((pixels) => pixels > 0).length).toBeGreaterThan(1);
    },
  );

  it('gives the same in tiles', async () => {
    const large = await openDataset('shapes:?val=2&size=400&classes=4', 'val');
    const expected = await evaluate({ segmenter, dataset: large });
    expect(await evaluate({ segmenter, dataset: large, tile: 100 })).toEqual(expected);
    expect(expected.classes.filter(({ iou }) => iou).length).toBeGreaterThan(1);
  });

  it('scores the first images only when asked to', async () => {
    const ids: string[] = [];
    const onPrediction = (id: string) => void ids.push(id);
    expect((await evaluate({ segmenter, dataset, limit: 2, onPrediction })).images).toBe(2);
    expect((await evaluate({ segmenter, dataset, limit: 99, onPrediction })).images).toBe(5);
    expect(ids).toEqual([...dataset.ids.slice(0, 2), ...dataset.ids]);
  });

  it('loads a few images ahead, and never the split', async () => {
    let loaded = 0;
    const ahead: number[] = [];
    const load = (index: number) => {
      loaded += 1;
      return dataset.load(index);
    };
    const onProgress = (done: number) => ahead.push(loaded - done);
    await evaluate({ segmenter, dataset: { ...dataset, load }, onProgress });
    expect(ahead).toEqual([2, 2, 2, 1, 0]);
  });

  it('stops at an image that cannot be loaded, with its error and nothing left running', async () => {
    let running = 0;
    const load = async (index: number) => {
      running += 1;
      await setImmediate();
      running -= 1;
      if (index === 1) throw new Error('image 1: broken');
      return dataset.load(index);
    };
    const done: number[] = [];
    const onProgress = (count: number) => done.push(count);
    await expect(evaluate({ segmenter, dataset: { ...dataset, load }, onProgress })).rejects.toThrow(
      'image 1: broken',
    );
    expect(done).toEqual([1]);
    expect(running).toBe(0);
  });

  it('refuses a data set of another number of classes', async () => {
    const other = await openDataset('shapes:?val=1&classes=5', 'val');
    await expect(evaluate({ segmenter, dataset: other })).rejects.toThrow(
      /got a network with 4 classes \(fcn16s\), expected 5 as in shapes:\?val=1&classes=5 val/,
    );
  });

  it('refuses the same classes in another order', async () => {
    const classes = dataset.classes.toReversed();
    await expect(evaluate({ segmenter, dataset: { ...dataset, classes } })).rejects.toThrow(
      /got a network with the classes .*, expected the order of .*; put the lines of classes\.txt/,
    );
  });
});
