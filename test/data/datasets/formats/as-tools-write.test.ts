import { describe, expect, it } from 'vitest';
import { checkClasses } from '../../../../src/data/datasets/check-classes.ts';
import { openDataset, splitsOf } from '../../../../src/data/datasets/open.ts';
import { remarks } from '../../../../src/data/images/remarks.ts';
import { digestOf } from '../../../../src/training/data-digest.ts';
import { testImage, toSharp } from '../../helpers.ts';
import { classesOf, expectRefused, folderOf, jpeg, labelRows, sampleOf } from './annotated.ts';

const photo = await jpeg(4, 6);
/** As a phone stores a photo of 4 x 6 pixels (width, height) that it was held upright for. */
const turnedPhoto = await toSharp(testImage(4, 6)).withMetadata({ orientation: 6 }).jpeg().toBuffer();

const left = [0, 0, 3, 0, 3, 4, 0, 4];
const leftHalf = Array(4).fill('111000');
const image = { id: 7, file_name: 'a.jpg', width: 6, height: 4 };
const dog = { image_id: 7, category_id: 3, segmentation: [left] as unknown };
const coco = (annotation: object, changes: object = {}) => ({
  images: [image],
  annotations: [{ ...dog, ...annotation }],
  categories: [{ id: 3, name: 'dog' }],
  ...changes,
});
const cocoSpec = async (content: unknown, files: Record<string, unknown> = { 'a.jpg': photo }) =>
  `coco:${await folderOf({ 'anno.json': content, ...files })}/anno.json`;

describe("COCO's files as tools write them", () => {
  it.each([
    ['ids that are text', coco({ image_id: 'x7', category_id: '3' }, { images: [{ ...image, id: 'x7' }] })],
    ['no sizes', coco({}, { images: [{ id: 7, file_name: 'a.jpg' }] })],
    ['sizes of 0', coco({}, { images: [{ ...image, width: 0, height: 0 }] })],
    ['a polygon that is no list of rings', coco({ segmentation: left })],
    ['an RLE in a list', coco({ segmentation: [{ counts: [0, 12, 12], size: [4, 6] }] })],
    ['a category twice', coco({}, { categories: [{ id: 0, name: 'dog' }, { id: 3, name: 'dog' }] })],
    ["Python's NaN", JSON.stringify(coco({ area: 'HERE' })).replace('"HERE"', 'NaN')],
    ['a URL', coco({}, { images: [{ ...image, file_name: 'https://x.org/b/a.jpg?v=1&w=2' }] })],
    ['letter case', coco({}, { images: [{ ...image, file_name: 'A.JPG' }] })],
    ['another extension', coco({}, { images: [{ ...image, file_name: 'a.png' }] })],
    ['none', coco({}, { images: [{ ...image, file_name: 'a' }] })],
  ])('may hold %s', async (_, content) => {
    const dataset = await openDataset(await cocoSpec(content), 'train').catch(async () =>
      openDataset(await cocoSpec(content), 'val'),
    );
    expect(dataset.classes).toEqual(['background', 'dog']);
    const { label } = await dataset.load(0);
    expect([...label.data].map((value) => `${value}`).join('')).toBe(leftHalf.join(''));
  }); // biome-ignore format: a case a line

  it('names images by percent signs, and those of the very name first', async () => {
    const content = coco({}, { images: [{ ...image, file_name: 'my%20a.jpg' }] });
    expect(await labelRows(await cocoSpec(content, { 'my a.jpg': photo }), 'my%20a')).toEqual(leftHalf);
    const both = await cocoSpec(content, { 'x/my%20a.jpg': photo, 'my a.jpg': '' });
    expect(await labelRows(both, 'my%20a')).toEqual(leftHalf);
  });

  it('says what it leaves out', async () => {
    const told = async (annotation: object) =>
      (await sampleOf(await cocoSpec(coco(annotation)), 'a')).remarks;
    const boxed = await cocoSpec({ ...coco({}), annotations: [dog, { ...dog, segmentation: [] }] });
    expect((await sampleOf(boxed, 'a')).remarks).toEqual([remarks.withoutSegmentation]);
    expect(await told({ segmentation: [[1, 1, 2, 2], left] })).toEqual([remarks.shortPolygon]);
    expect(await told({})).toBeUndefined();
    const stray = await cocoSpec({ ...coco({}), annotations: [dog, { ...dog, image_id: 8 }] });
    const [split] = await splitsOf(stray);
    const { warnings } = await openDataset(stray, split!);
    expect(warnings).toEqual([expect.stringMatching(/^left out: 1 annotation for images that .*anno\.json/)]);
  });

  it('turns annotations of the stored size with an image that EXIF turns', async () => {
    const files = { 'a.jpg': turnedPhoto };
    const rows = ['1111', '1111', '1111', '0000', '0000', '0000'];
    const stored = await cocoSpec(coco({}), files);
    expect(await labelRows(stored, 'a')).toEqual(rows);
    expect((await sampleOf(stored, 'a')).remarks).toEqual([remarks.turned, remarks.maskTurned]);
    const upright = [0, 0, 4, 0, 4, 3, 0, 3];
    const shown = coco({ segmentation: [upright] }, { images: [{ ...image, width: 4, height: 6 }] });
    expect(await labelRows(await cocoSpec(shown, files), 'a')).toEqual(rows);
  });

  it('is refused in another encoding, by line, rather than read with other names', async () => {
    const text = JSON.stringify(coco({}, { categories: [{ id: 3, name: 'Bäume' }] }));
    const message = /anno\.json: line 1 is not UTF-8, .*Bäume/;
    await expectRefused(await cocoSpec(Buffer.from(text, 'latin1')), 'a', message);
    const utf16 = Buffer.concat([Buffer.of(0xff, 0xfe), Buffer.from(text, 'utf16le')]);
    await expectRefused(await cocoSpec(utf16), 'a', /anno\.json: it is UTF-16, expected UTF-8/);
  });
});

const polygon = [[0, 0], [2, 0], [2, 3], [0, 3]]; // biome-ignore format: points
const shape = (label: unknown, points: unknown = polygon) => ({ label, points, shape_type: 'polygon' });
const labelme = (shapes: unknown[], changes: object = {}) => ({
  ...{ shapes, imagePath: 'a.jpg', imageData: null, imageHeight: 4, imageWidth: 6, ...changes },
});
const labelmeSpec = async (files: Record<string, unknown>) =>
  `labelme:${await folderOf({ 'a.jpg': photo, ...files })}`;

describe("labelme's files as people have them", () => {
  it('are about the image of their own name where files were renamed, which is said', async () => {
    for (const imagePath of ['before.jpg', null]) {
      const spec = await labelmeSpec({ 'a.json': labelme([shape('cat')], { imagePath }) });
      expect(await labelRows(spec, 'a')).toEqual(leftHalf);
      const { warnings } = await openDataset(spec, (await splitsOf(spec))[0]!);
      expect(warnings).toEqual([
        expect.stringMatching(/1 file names an image that does not exist, .*a\.json/),
      ]);
    }
    const none = await labelmeSpec({ 'b.json': labelme([], { imagePath: 'c.jpg' }) });
    await expectRefused(none, 'b', /b\.json: its image c\.jpg is missing/);
    const bare = await labelmeSpec({ 'b.json': labelme([], { imagePath: null }) });
    await expectRefused(bare, 'b', /b\.json: got neither imagePath nor imageData/);
  });

  it('are not there for every image, which is said', async () => {
    const spec = await labelmeSpec({ 'a.json': labelme([shape('cat')]), 'b.jpg': photo });
    const { warnings } = await openDataset(spec, (await splitsOf(spec))[0]!);
    expect(warnings).toEqual(['left out: 1 image without a JSON file: b.jpg']);
  });

  it('may hold clicks that went wrong, numbers for labels, and a background of any name', async () => {
    const shapes = [shape(5), shape(5, [[1, 1], [2, 2]]), shape('Background', [[4, 0], [5, 0], [5, 3], [4, 3]])]; // biome-ignore format: shapes
    const spec = await labelmeSpec({ 'a.json': labelme(shapes) });
    expect(await classesOf(spec)).toEqual(['Background', '5']);
    expect(await labelRows(spec, 'a')).toEqual(leftHalf);
    expect((await sampleOf(spec, 'a')).remarks).toEqual([remarks.shortPolygon]);
  });

  it('may be in UTF-16 or have a byte order mark; other encodings are refused', async () => {
    const text = JSON.stringify(labelme([shape('Bäume')]));
    for (const encoded of [Buffer.from(`\ufeff${text}`), Buffer.from(`\ufeff${text}`, 'utf16le')]) {
      const spec = await labelmeSpec({ 'a.json': encoded });
      expect(await classesOf(spec)).toEqual(['_background_', 'Bäume']);
    }
    const latin = await labelmeSpec({ 'a.json': Buffer.from(text, 'latin1') });
    await expectRefused(latin, 'a', /a\.json: line 1 is not UTF-8, .*Bäume/);
    const list = Buffer.from('_background_\nBäume\n', 'latin1');
    const listed = await labelmeSpec({ 'a.json': labelme([]), 'labels.txt': list });
    await expectRefused(listed, 'a', /labels\.txt: line 2 is not UTF-8/);
  });

  it('are warned of where labels differ in letter case or spaces alone', async () => {
    const spec = await labelmeSpec({ 'a.json': labelme([shape('cat'), shape('Cat ')]) });
    const { warnings } = await openDataset(spec, (await splitsOf(spec))[0]!);
    expect(warnings).toEqual([expect.stringMatching(/^classes 'Cat ' and 'cat' are different classes; /)]);
  });
});

describe('annotations', () => {
  const two = (b: unknown) =>
    labelmeSpec({ 'b.jpg': photo, 'train/a.json': labelme([shape('cat')]), 'val/b.json': b });

  it('are looked through for classes before a training, as masks are', async () => {
    const nothing = labelme([], { imagePath: 'b.jpg' });
    const dataset = await openDataset(await two(nothing), 'val');
    await expect(checkClasses(dataset, 'train')).rejects.toThrow(
      /its labels contain only '_background_' \(0\), so there is nothing to tell apart/,
    );
    expect(await checkClasses(dataset, 'validate')).toEqual([
      expect.stringMatching(/1 of 2 classes occur in no label \(cat\)/),
    ]);
  });

  it('count for a run that is resumed: by what they say, not by where they are', async () => {
    const digest = async (points: number[][]) => {
      const b = labelme([shape('cat', points)], { imagePath: 'b.jpg' });
      return digestOf(await openDataset(await two(b), 'val'));
    };
    const before = await digest(polygon);
    expect(await digest(polygon)).toEqual(before);
    const edited = await digest([[0, 0], [2, 0], [2, 2], [0, 3]]); // biome-ignore format: points
    expect(edited.labels).not.toBe(before.labels);
    expect({ ...edited, labels: '' }).toEqual({ ...before, labels: '' });
  });

  it('are shared out where train is the only split', async () => {
    const files = { 'b.jpg': photo, 'train/a.json': labelme([shape('cat')]) };
    const spec = await labelmeSpec({ ...files, 'train/b.json': labelme([], { imagePath: 'b.jpg' }) });
    expect(await splitsOf(spec)).toEqual(['train', 'val']);
    const ids = await Promise.all(
      ['train', 'val'].map(async (split) => (await openDataset(spec, split)).ids),
    );
    expect(ids.flat().sort()).toEqual(['a', 'b']);
  });
});
