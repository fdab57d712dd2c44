import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openDataset, splitsOf } from '../../../src/data/datasets/open.ts';
import { decodeLabelPng } from '../../../src/data/images/label-png.ts';

/** Made by peer/fixture_papers.py by the documented formats: labels that SciPy wrote and read back. */
const folder = fileURLToPath(new URL('../../fixtures/papers', import.meta.url));
const context = `pascal-context:${folder}/VOC2010,${folder}/context`;

describe.each([
  ['nyud', `nyud:${folder}/nyud`, 40, { train: 1, val: 1, test: 1, trainval: 2 }],
  ['semantic', `siftflow:${folder}/siftflow`, 33, { trainval: 2, test: 1 }],
  ['geometric', `siftflow:${folder}/siftflow?labels=geometric`, 3, { trainval: 2, test: 1 }],
  ['context', context, 60, { train: 2, val: 1 }],
  ['context-33', `${context}?classes=33`, 34, { train: 2, val: 1 }],
] as const)('%s', (name, spec, classes, splits) => {
  it('has its splits and classes', async () => {
    expect((await splitsOf(spec)).sort()).toEqual(Object.keys(splits).sort());
    for (const [split, count] of Object.entries(splits)) {
      const dataset = await openDataset(spec, split);
      expect(dataset.ids).toHaveLength(count);
      expect(dataset.classes).toHaveLength(classes);
      expect(new Set(dataset.classes).size).toBe(classes);
    }
  });

  it('has the labels that the data layers of the reference implementation make of what SciPy reads', async () => {
    for (const split of Object.keys(splits)) {
      const dataset = await openDataset(spec, split);
      for (const [index, id] of dataset.ids.entries()) {
        const png = await readFile(path.join(folder, 'expected', name, `${id}.png`));
        const { image, label } = await dataset.load(index);
        expect(label, id).toEqual(decodeLabelPng(png, id));
        expect([image.width, image.height]).toEqual([label.width, label.height]);
      }
    }
  });
});

describe('what is no such data set says so', () => {
  it.each([
    ['siftflow:nowhere', 'trainval', /siftflow:nowhere/],
    [
      `siftflow:${folder}/siftflow?labels=shape`,
      'test',
      /got the labels shape, expected one of semantic, geometric/,
    ],
    [`nyud:${folder}/nyud`, 'minival', /split 'minival': not in .* expected one of: test, train, val/],
    [`pascal-context:${folder}/VOC2010`, 'train', /expected pascal-context:VOCDIR,CONTEXTDIR/],
    [`${context}?classes=459`, 'train', /with \?classes=33 behind it/],
    [`pascal-context:${folder}/VOC2010,${folder}/nyud`, 'train', /got no labels\.txt in .*nyud/],
    [context, 'aeroplane_train', /not in pascal-context:, expected one of: train, val, trainval/],
  ])('%s %s', async (spec, split, message) => {
    await expect(openDataset(spec, split)).rejects.toThrow(message);
  });

  it('a label with a number that is no class is named', async () => {
    // Written for SIFT Flow's 33 classes, which NYUDv2 does not know by that variable.
    const file = path.join(
      folder,
      'siftflow/SemanticLabels/spatial_envelope_256x256_static_8outdoorcategories',
    );
    const { matrixLabel } = await import('../../../src/data/datasets/papers/matrix-label.ts');
    const bytes = await readFile(path.join(file, 'coast_natu975.mat'));
    expect(() => matrixLabel(bytes, 'x.mat', 'segmentation', () => 0)).toThrow(
      /got no variable segmentation/,
    );
    expect(() => matrixLabel(bytes, 'x.mat', 'S', (value) => (value === 33 ? undefined : 0))).toThrow(
      /label x\.mat: got 33 in S, which is none of the classes/,
    );
  });
});
