import { describe, expect, it } from 'vitest';
import { random } from '../../../src/base/rng.ts';
import { meanPixel } from '../../../src/data/batches/batch.ts';
import { loadBatches } from '../../../src/data/batches/loader.ts';
import type { Dataset } from '../../../src/data/datasets/dataset.ts';
import type { InputConfig } from '../../../src/data/input-config.ts';
import {
  type Augmentation,
  type TrainingSize,
  trainingTransform,
} from '../../../src/data/transforms/augment.ts';
import type { ModelName } from '../../../src/networks/model-names.ts';
import { maskShapes } from '../../../src/networks/parameters.ts';
import { drawMasks } from '../../../src/training/dropout-masks.ts';
import { readFixture } from '../../fixtures.ts';

interface Case {
  name: string;
  trainSize: TrainingSize;
  augment: Augmentation[];
  batchSize: number;
  seed: number;
  input: InputConfig;
  lossShare: number;
  ids: string[];
}

const { tensors, metadata } = await readFixture('batches');
const { images, classes, cases } = JSON.parse(metadata.batches!) as {
  images: number;
  classes: number;
  cases: Case[];
};

const bytes = (name: string) => {
  const { shape, data } = tensors.get(name)!;
  return { height: shape[0]!, width: shape[1]!, data: data as Uint8Array };
};
const dataset: Dataset = {
  name: 'fixture',
  classes: Array.from({ length: classes }, (_, index) => `class ${index}`),
  ids: Array.from({ length: images }, (_, index) => String(index)),
  load: async (index) => ({
    id: String(index),
    image: bytes(`images/${index}`),
    label: bytes(`labels/${index}`),
  }),
  loadLabel: async (index) => bytes(`labels/${index}`),
  imageSource: String,
};

/** PyTorch repeats our runs on the same batches: peer/replay.py must make what the loader makes, to the bit. */
describe('the batches of a run are those of the peer', () => {
  it.each(cases)('$name', async ({ name, trainSize, augment, batchSize, seed, input, lossShare, ids }) => {
    const batches = loadBatches({
      dataset,
      from: 0,
      to: ids.length / batchSize,
      batchSize,
      seed,
      order: 'shuffled',
      transform: trainingTransform(trainSize, augment, meanPixel(input), lossShare),
      input,
    });
    const seen: string[] = [];
    let number = 0;
    for await (const { image, label, ids } of batches) {
      expect(image).toEqual(tensors.get(`${name}/${number}/image`));
      expect(label).toEqual(tensors.get(`${name}/${number}/label`));
      seen.push(...ids);
      number++;
    }
    expect(seen).toEqual(ids);
  });
});

describe('dropout masks are those of the peer', () => {
  const masks = JSON.parse(metadata.masks!) as {
    seed: number;
    index: number;
    rate: number;
    shapes: number[][];
  }[];

  it.each(masks.map((each, number) => ({ ...each, number })))('seed $seed', (each) => {
    const shapes = new Map(each.shapes.map((shape, layer) => [String(layer), shape]));
    const drawn = drawMasks(shapes, each.rate, [random(each.seed, 'dropout', each.index)]);
    for (const layer of shapes.keys()) {
      expect(drawn[layer]).toEqual(tensors.get(`masks/${each.number}/${layer}`));
    }
  });

  const sizes = JSON.parse(metadata.maskShapes!) as {
    model: ModelName;
    width: number;
    batch: number;
    height: number;
    columns: number;
    shapes: number[][];
  }[];

  it.each(sizes)('of $model for $height x $columns', ({ model, width, batch, height, columns, shapes }) => {
    expect([...maskShapes({ model, width }, batch, height, columns).values()]).toEqual(shapes);
  });
});
