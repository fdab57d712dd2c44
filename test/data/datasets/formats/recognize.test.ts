import { describe, expect, it } from 'vitest';
import { countDataset, openDataset } from '../../../../src/data/datasets/open.ts';
import { recognize } from '../../../../src/data/datasets/recognize.ts';
import { folderOf, gray, jpeg } from './annotated.ts';

const photo = await jpeg(2, 3);
const mask = gray(['010', '000']);
const labelme = { shapes: [], imagePath: 'a.jpg', imageHeight: 2, imageWidth: 3 };
const image = { id: 1, file_name: 'a.jpg', width: 3, height: 2 };
const coco = { images: [image], annotations: [], categories: [{ id: 1, name: 'dog' }] };
const task = { id: 1, data: { image: 'a.jpg' }, annotations: [{ result: [] }] };

/** By scheme, what lies in the folder, and what stands behind DIR in the SPEC. */
const layouts: [scheme: string, files: Record<string, unknown>, below?: string][] = [
  ['folder', { 'images/a.jpg': photo, 'masks/a.png': mask, 'classes.txt': 'x\ny' }],
  ['cvat', { 'labelmap.txt': 'background:0,0,0::', 'JPEGImages/a.jpg': photo, 'SegmentationClass/a.png': gray(['000', '000']) }],
  ['voc', { 'V/JPEGImages/a.jpg': photo, 'V/SegmentationClass/a.png': mask, 'V/ImageSets/Segmentation/train.txt': 'a' }],
  ['cityscapes', { 'leftImg8bit/train/x/a_leftImg8bit.png': photo, 'gtFine/train/x/a_gtFine_labelIds.png': mask }],
  ['supervisely', { 'meta.json': { classes: [] }, 'd/img/a.jpg': photo, 'd/ann/a.jpg.json': {} }],
  ['roboflow', { 'train/_classes.csv': 'V, C\n0, x\n1, y', 'train/a.jpg': photo, 'train/a_mask.png': mask }],
  ['yolo', { 'data.yaml': 'train: images\nnames: [x]', 'images/a.jpg': photo, 'labels/a.txt': '' }],
  ['coco', { 'annotations/instances_default.json': coco, 'images/a.jpg': photo }, '/annotations/instances_default.json'],
  ['labelstudio', { 'x.json': [task], 'a.jpg': photo }, '/x.json'],
  ['labelme', { 'deep/down/a.json': labelme, 'a.jpg': photo }],
  ['labelme', { 'class_names.txt': 'x\ny', 'JPEGImages/a.jpg': photo, 'SegmentationClass/a.png': mask }],
  ['yolo', { 'set.yml': 'names: [x]\ntrain: images', 'images/a.jpg': photo, 'labels/a.txt': '' }],
]; // biome-ignore format: a layout a line

describe('data without a scheme', () => {
  it.each(layouts)('is recognized: %s', async (scheme, files, below = '') => {
    const folder = await folderOf(files);
    const { spec, others } = await recognize(folder);
    expect(spec).toBe(`${scheme}:${folder}${below}`);
    expect(others).toEqual([]);
    expect((await countDataset(spec)).images).toBe(1);
    if (scheme !== 'voc') return;
    expect((await openDataset(folder, 'train')).name).toBe(`voc:${folder} train`);
  });

  it('is recognized from a file', async () => {
    const folder = await folderOf({
      'c.json': coco,
      's.json': [task],
      'd.yaml': '',
      'x.json': '{}',
      't.txt': '',
    });
    for (const [file, scheme] of [
      ['c.json', 'coco'],
      ['s.json', 'labelstudio'],
      ['d.yaml', 'yolo'],
    ]) {
      expect((await recognize(`${folder}/${file}`)).spec).toBe(`${scheme}:${folder}/${file}`);
    }
    for (const file of ['x.json', 't.txt']) {
      await expect(recognize(`${folder}/${file}`)).rejects.toThrow(
        /got a file in no known format, expected a folder/,
      );
    }
  });

  it('is the first of several that fit, which are named', async () => {
    const folder = await folderOf({ ...layouts[9]![1], 'annotations.json': coco });
    const found = await recognize(folder);
    expect(found.spec).toBe(`coco:${folder}/annotations.json`);
    expect(found.others).toEqual([`labelme:${folder}`]);
  });

  it('is a folder of masks only where no tool has written it', async () => {
    const tool = { 'meta.json': { classes: [] }, 'd/img/a.jpg': photo, 'd/ann/a.jpg.json': {} };
    const pair = { 'img/a.jpg': photo, 'gt/a.png': mask };
    expect((await recognize(await folderOf({ ...tool, ...pair }))).spec).toMatch(/^supervisely:/);
    expect((await recognize(await folderOf(pair))).spec).toMatch(/^folder:/);
  });

  it('is refused where nothing fits, with what was looked for', async () => {
    const folder = await folderOf({ 'image/0.png': mask, 'notes/0.txt': '0 1 1' });
    const refused = expect(openDataset(folder, 'train')).rejects;
    await refused.toThrow(
      /got a folder in no known format, expected one of: folder \(images and masks\), cvat \(/,
    );
    for (const [scheme] of layouts) await refused.toThrow(`${scheme} (`);
  });
});
