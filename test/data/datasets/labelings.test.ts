import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { random } from '../../../src/base/rng.ts';
import { toBatch } from '../../../src/data/batches/batch.ts';
import type { Dataset, Sample } from '../../../src/data/datasets/dataset.ts';
import { eachLabeling, joinLabelings } from '../../../src/data/datasets/labelings.ts';
import { openDataset } from '../../../src/data/datasets/open.ts';
import { ignoreLabel, type LabelImage } from '../../../src/data/images/image.ts';
import { inputPresets } from '../../../src/data/input-config.ts';
import { augmentations, trainingTransform } from '../../../src/data/transforms/augment.ts';
import { codedSample } from '../helpers.ts';

const siftFlow = `siftflow:${fileURLToPath(new URL('../../fixtures/papers/siftflow', import.meta.url))}`;

/** One more in the second labeling; void is void in both. */
const other = (label: LabelImage): LabelImage => ({
  ...label,
  data: label.data.map((value) => (value === ignoreLabel ? value : value + 1)),
});

describe('a sample with two label maps', () => {
  const coded = codedSample(40, 50);
  const sample: Sample = { ...coded, otherLabels: [other(coded.label)] };

  it.each([
    [{ mode: 'native' }, [...augmentations], 1],
    [{ mode: 'crop', height: 32, width: 64 }, ['flip'], 0.5],
    [{ mode: 'resize', height: 24, width: 31 }, ['scale', 'shift'], 1],
  ] as const)('has both changed alike: %o, %s', (size, augment, lossShare) => {
    const transform = trainingTransform(size, augment, [1, 2, 3], lossShare);
    for (let k = 0; k < 10; k++) {
      const { label, otherLabels } = transform(sample, random(1, 'augment', k));
      expect(otherLabels).toEqual([other(label)]);
      // The first one is what it is without the second.
      expect(label).toEqual(transform(coded, random(1, 'augment', k)).label);
    }
  });

  it('becomes a batch with two tensors of labels', () => {
    const batch = toBatch([sample, sample], inputPresets.caffe);
    expect(batch.otherLabels).toHaveLength(1);
    expect(batch.otherLabels![0]!.shape).toEqual([2, 40, 50]);
    expect(batch.otherLabels![0]!.data.subarray(2000)).toEqual(other(sample.label).data);
    expect(toBatch([coded], inputPresets.caffe)).not.toHaveProperty('otherLabels');
  });
});

describe('siftflow: with both labelings', () => {
  it('has for each image what the two labelings have alone', async () => {
    const both = await openDataset(`${siftFlow}?labels=both`, 'trainval');
    const alone = [
      await openDataset(`${siftFlow}?labels=semantic`, 'trainval'),
      await openDataset(`${siftFlow}?labels=geometric`, 'trainval'),
    ];
    expect(both.labelings!.map(({ name, classes }) => [name, classes.length])).toEqual([
      ['semantic', 33],
      ['geometric', 3],
    ]);
    expect(both.classes).toEqual(alone[0]!.classes);
    for (const index of both.ids.keys()) {
      const { label, otherLabels } = await both.load(index);
      expect([label, ...otherLabels!]).toEqual([
        await alone[0]!.loadLabel(index),
        await alone[1]!.loadLabel(index),
      ]);
      expect(await both.loadLabel(index, 1)).toEqual(otherLabels![0]);
      expect(both.labelFiles!(index)).toEqual(alone.flatMap((one) => one.labelFiles!(index)));
    }
    for (const [i, one] of eachLabeling(both).entries()) {
      expect(one.classes).toEqual(alone[i]!.classes);
      expect(await one.load(0)).toEqual(await alone[i]!.load(0));
    }
  });
});

it('label maps of another size than the image are refused', async () => {
  const dataset = (height: number): Dataset => {
    const { id, image, label } = codedSample(height, 5);
    return {
      ...{ name: 'own', classes: ['a', 'b'], ids: [id] },
      ...{ load: async () => ({ id, image, label }), loadLabel: async () => label },
      ...{ imageSource: () => 'photo.png', labelFiles: () => [`of-${height}.mat`] },
    };
  };
  const joined = joinLabelings(
    'both',
    new Map([
      ['first', dataset(4)],
      ['second', dataset(6)],
    ]),
  );
  await expect(joined.load(0)).rejects.toThrow(
    'label of-6.mat: got 5x6 pixels, expected 5x4 as in photo.png',
  );
});
