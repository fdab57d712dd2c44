import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDataset, splitsOf } from '../../../src/data/datasets/open.ts';
import { encodeLabelPng } from '../../../src/data/images/encode-label-png.ts';
import { vocPalette } from '../../../src/data/images/palette.ts';
import { temporaryFolder, testImage, toSharp, writeFiles } from '../helpers.ts';

const jpeg = await toSharp(testImage(4, 6)).jpeg().toBuffer();
const label = encodeLabelPng({ width: 6, height: 4, data: new Uint8Array(24).fill(1) }, vocPalette());
const lists = 'ImageSets/Segmentation';

/** Images and labels of VOC and SBD without a content that anyone reads. */
function filesOf(
  root: string,
  [images, labels]: string[],
  extension: string,
  ids: string,
): Record<string, Uint8Array> {
  return Object.fromEntries(
    [...ids].flatMap((id) => [
      [`${root}/${images}/${id}.jpg`, jpeg],
      [`${root}/${labels}/${id}.${extension}`, label],
    ]),
  );
}

const lines = (ids: string) => [...ids].map((id) => `${id}\n`).join('');
const vocFiles = (root: string, ids: string) =>
  filesOf(root, ['JPEGImages', 'SegmentationClass'], 'png', ids);

/**
 * VOC 2011 has the images a to h, VOC 2012 also i to l, SBD others that overlap with both. Of VOC 2011's val, e to h,
 * SBD's train has f, and SBD's val has h.
 */
async function vocAndSbd(changes: Record<string, string | null> = {}): Promise<string> {
  const folder = await temporaryFolder();
  const files = {
    ...vocFiles('VOCdevkit/VOC2011', 'abcdefgh'),
    [`VOCdevkit/VOC2011/${lists}/train.txt`]: lines('abcd'),
    [`VOCdevkit/VOC2011/${lists}/val.txt`]: lines('efgh'),
    ...vocFiles('VOCdevkit/VOC2012', 'abcdefghijkl'),
    [`VOCdevkit/VOC2012/${lists}/train.txt`]: lines('abcdij'),
    [`VOCdevkit/VOC2012/${lists}/val.txt`]: lines('efghkl'),
    ...filesOf('benchmark_RELEASE/dataset', ['img', 'cls'], 'mat', 'bcfhkmnop'),
    'benchmark_RELEASE/dataset/train.txt': lines('bfkmn'),
    'benchmark_RELEASE/dataset/val.txt': lines('chop'),
    ...changes,
  };
  const kept = Object.entries(files).filter((entry): entry is [string, string] => entry[1] !== null);
  await writeFiles(folder, Object.fromEntries(kept));
  return folder;
}

const idsOf = async (spec: string, split: string) => (await openDataset(spec, split)).ids.join('');

describe('seg11valid', () => {
  it('is VOC 2011 val without SBD train, with the images of either year', async () => {
    const folder = await vocAndSbd();
    for (const year of ['VOC2011', 'VOC2012']) {
      const spec = `voc:${folder}/VOCdevkit/${year}`;
      const dataset = await openDataset(spec, 'seg11valid');
      expect(dataset.ids.join('')).toBe('egh');
      expect(dataset.imageSource(0)).toBe(path.join(folder, 'VOCdevkit', year, 'JPEGImages', 'e.jpg'));
      expect(await splitsOf(spec)).toEqual(['train', 'val', 'seg11valid']);
    }
  });

  it('is the published list where there is one', async () => {
    const folder = await vocAndSbd({ [`VOCdevkit/VOC2012/${lists}/seg11valid.txt`]: lines('gk') });
    expect(await idsOf(`voc:${folder}/VOCdevkit/VOC2012`, 'seg11valid')).toBe('gk');
  });

  it('says what is missing and where to get it', async () => {
    const noSbd = await vocAndSbd({ 'benchmark_RELEASE/dataset/train.txt': null });
    await expect(openDataset(`voc:${noSbd}/VOCdevkit/VOC2011`, 'seg11valid')).rejects.toThrow(
      /without SBD's train\.txt .*fcn data get.*github\.com\/shelhamer/,
    );
    const no2011 = await vocAndSbd({ [`VOCdevkit/VOC2011/${lists}/val.txt`]: null });
    await expect(openDataset(`voc:${no2011}/VOCdevkit/VOC2012`, 'seg11valid')).rejects.toThrow(
      /without VOC 2011's list .*VOC2011.*val\.txt; get/,
    );
    expect(await splitsOf(`voc:${noSbd}/VOCdevkit/VOC2012`)).toEqual(['train', 'val']);
  });
});

describe('VOC 2011 and 2012 beside each other', () => {
  it('is a choice', async () => {
    const folder = await vocAndSbd();
    for (const above of [folder, `${folder}/VOCdevkit`]) {
      await expect(openDataset(`voc:${above}`, 'val')).rejects.toThrow(
        /got 2 data sets below it, expected one; choose voc:.*VOC2011 or voc:.*VOC2012$/,
      );
    }
  });

  it('finds VOC 2011 as its archive unpacks', async () => {
    const folder = await temporaryFolder();
    const root = 'TrainVal/VOCdevkit/VOC2011';
    await writeFiles(folder, { ...vocFiles(root, 'a'), [`${root}/${lists}/val.txt`]: 'a\n' });
    expect(await idsOf(`voc:${folder}`, 'val')).toBe('a');
  });
});

describe('voc+sbd:', () => {
  const specOf = (folder: string, year: string) =>
    `voc+sbd:${folder}/VOCdevkit/${year},${folder}/benchmark_RELEASE`;

  it('adds the images of SBD that are not evaluated on, VOC labels first', async () => {
    const folder = await vocAndSbd();
    const spec = specOf(folder, 'VOC2012');
    const train = await openDataset(spec, 'train');
    expect(train.ids.join('')).toBe('abcdijmnop');
    expect(train.imageSource(1)).toMatch(/VOC2012/); // b has both labels
    expect(train.imageSource(6)).toMatch(/benchmark_RELEASE/);
    expect(await train.loadLabel(1)).toMatchObject({ width: 6 }); // a PNG: VOC's
    await expect(train.loadLabel(6)).rejects.toThrow(/m\.mat: got .*expected a MATLAB 5 file/);
    expect(await idsOf(spec, 'val')).toBe('efghkl');
    expect(await idsOf(spec, 'seg11valid')).toBe('egh');
    expect(await idsOf(specOf(folder, 'VOC2011'), 'train')).toBe('abcdmnopk'.split('').sort().join(''));
  });

  it('trains for seg11valid on what the papers train on', async () => {
    const spec = specOf(await vocAndSbd(), 'VOC2011');
    const train = await openDataset(spec, 'train-for-seg11valid');
    expect(train.ids.join('')).toBe('bfkmn');
    expect(train.imageSource(0)).toMatch(/benchmark_RELEASE/);
  });

  it('never trains on an image that is evaluated on, whatever the list says', async () => {
    // a is in VOC train, m and n in SBD train
    const folder = await vocAndSbd({ [`VOCdevkit/VOC2012/${lists}/seg11valid.txt`]: lines('agmn') });
    await writeFiles(folder, vocFiles('VOCdevkit/VOC2012', 'mn'));
    const spec = specOf(folder, 'VOC2012');
    expect(await idsOf(spec, 'seg11valid')).toBe('agmn');
    expect(await idsOf(spec, 'train')).toBe('bcdijop');
    expect(await idsOf(spec, 'train-for-seg11valid')).toBe('bfk');
  });

  it('wants two folders and a split of its own', async () => {
    const folder = await vocAndSbd();
    await expect(openDataset(`voc+sbd:${folder}`, 'train')).rejects.toThrow(
      /expected voc\+sbd:VOCDIR,SBDDIR/,
    );
    await expect(openDataset(specOf(folder, 'VOC2012'), 'trainval')).rejects.toThrow(
      /expected one of: train, train-for-seg11valid, val, seg11valid/,
    );
  });
});
