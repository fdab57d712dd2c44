import { encode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { openDataset } from '../../../../src/data/datasets/open.ts';
import { remarks } from '../../../../src/data/images/remarks.ts';
import { classesOf, expectRefused, folderOf, gray, jpeg, labelRows, sampleOf } from './annotated.ts';

const photo = await jpeg(4, 6);
const left = [0, 0, 3, 0, 3, 4, 0, 4];

const coco = (segmentation: unknown) => ({
  images: [{ id: 1, file_name: 'a.jpg', width: 6, height: 4 }],
  annotations: [{ image_id: 1, category_id: 1, segmentation }],
  categories: [{ id: 1, name: 'cat' }],
});

/** A folder with these files and the photo, without a scheme. */
const folder = (files: Record<string, unknown>) => folderOf({ 'a.jpg': photo, ...files });

describe('JSON that is none of the known formats', () => {
  it.each([
    ["results in COCO's format", { 'r.json': coco([left]).annotations }, /got annotations without images and categories \(r\.json\), .* put the list under 'annotations'/],
    ['a single task of Label Studio', { 't.json': { id: 1, annotations: [{ result: [] }] } }, /got a single task of Label Studio \(t\.json\), expected a list of them/],
    ['lines of JSON', { 'x.ndjson': '{"data_row": {}}\n' }, /got JSON line by line \(x\.ndjson\), as Labelbox exports it/],
    ["COCO's in UTF-16", { 'c.json': Buffer.from(`\ufeff${JSON.stringify(coco([left]))}`, 'utf16le') }, /c\.json: it is UTF-16, expected UTF-8; save the file as UTF-8/],
  ])('is named: %s', async (_, files, message) => {
    await expectRefused(await folder(files), 'a', message as RegExp);
  }); // biome-ignore format: a case a line
});

describe('a segmentation in COCO of another kind', () => {
  it.each([
    ['points as pairs', [[[0, 0], [3, 0], [3, 4]]]],
    ['text', JSON.stringify([left])],
    ['null between numbers', [[0, null, 3, 0, 3, 4]]],
  ])('is refused in words: %s', async (_, segmentation) => {
    const spec = `coco:${await folder({ 'c.json': coco(segmentation) })}/c.json`;
    await expectRefused(
      spec,
      'a',
      /annotations\.0: segmentation: expected polygons, each a list of x and y in turn, or a run-length encoding/,
    );
  }); // biome-ignore format: a case a line
});

describe("YOLO's labels", () => {
  const whole = '0 0 0 0.99 0 0.99 0.99 0 0.99';
  const yolo = async (labels: string, yaml = 'train: images\nnames: [cat]') =>
    `yolo:${await folderOf({ 'data.yaml': yaml, 'images/a.jpg': photo, 'labels/a.txt': labels })}`;

  it.each([
    ['commas for points', '0 0,1 0,1 0,6 0,1 0,6 0,6', /line 1: got '0,1', expected a number such as 0\.25/],
    ['commas between numbers', '0,0.1,0.1,0.6,0.1,0.6,0.6', /line 1: got class 0,0\.1,.*, expected 0 to 0, with spaces between/],
    ['a box before the polygon', '0 0.495 0.495 0.99 0.99 0 0 0.99 0 0.99 0.99 0 0.99', /line 1: got a box \(its middle, width and height\) before the polygon/],
  ])('are refused in words: %s', async (_, labels, message) => {
    await expectRefused(await yolo(labels), 'a', message as RegExp);
  }); // biome-ignore format: a case a line

  it('need names, and say if there are more or fewer than nc', async () => {
    await expectRefused(
      await yolo(whole, 'train: images\nnc: 2'),
      'a',
      /names: expected the classes, as in 'names: \[cat, dog\]'/,
    );
    const { warnings } = await openDataset(await yolo(whole, 'train: images\nnc: 3\nnames: [cat]'), 'train');
    expect(warnings).toEqual([
      expect.stringMatching(/data\.yaml says nc: 3, but has 1 names; the names count/),
    ]);
  });
});

it("takes a class that Supervisely's meta.json lists twice, once for each shape, for one", async () => {
  const points = { exterior: [[0, 0], [2, 0], [2, 3], [0, 3]], interior: [] }; // biome-ignore format: points
  const spec = `supervisely:${await folderOf({
    'meta.json': {
      classes: [{ title: 'cat', shape: 'polygon' }, { title: 'cat', shape: 'bitmap' }, { title: 'dog' }],
    },
    'ds/img/a.jpg': photo,
    'ds/ann/a.jpg.json': {
      size: { width: 6, height: 4 },
      objects: [{ classTitle: 'cat', geometryType: 'polygon', points }],
    },
  })}`;
  expect(await classesOf(spec)).toEqual(['background', 'cat', 'dog']);
  expect(await labelRows(spec, 'a')).toEqual(Array(4).fill('111000'));
});

it("takes numbers for the names of Label Studio's classes, and says what ids of tasks should be", async () => {
  const value = { points: [[0, 0], [50, 0], [50, 100], [0, 100]], polygonlabels: [3] }; // biome-ignore format: points
  const task = (id: unknown) => ({ id, data: { image: 'a.jpg' }, annotations: [{ result: [{ value }] }] });
  const spec = `labelstudio:${await folder({ 'x.json': [task(1)] })}`;
  expect(await classesOf(spec)).toEqual(['background', '3']);
  await expectRefused(
    `labelstudio:${await folder({ 'x.json': [task('a-1')] })}`,
    'a',
    /0\.id: expected a whole number, as Label Studio has them/,
  );
});

it('says which labelme files name the image of another', async () => {
  const content = { shapes: [], imagePath: 'a.jpg', imageHeight: 4, imageWidth: 6 };
  const spec = `labelme:${await folder({ 'train/a.json': content, 'train/b.json': content, 'val/c.json': content })}`;
  const { warnings } = await openDataset(spec, 'train');
  expect(warnings![0]).toMatch(
    /^2 files name the image of another file: train\/b\.json \(a\.jpg, as in train\/a\.json\), .*; correct imagePath/,
  );
});

it('says what a point should be', async () => {
  const shapes = [{ label: 'x', points: [[0, 0, 0]] }];
  const spec = `labelme:${await folder({ 'a.json': { shapes, imagePath: 'a.jpg' } })}`;
  await expectRefused(spec, 'a', /shapes\.0\.points\.0: expected two numbers, x and y/);
});

it('says that width and height are exchanged', async () => {
  const content = { shapes: [], imagePath: 'a.jpg', imageHeight: 6, imageWidth: 4 };
  const spec = `labelme:${await folder({ 'a.json': content })}`;
  await expectRefused(
    spec,
    'a',
    /got 4x6 pixels, expected 6x4 as in .*a\.jpg; width and height are exchanged/,
  );
});

it('asks in words for the label that a shape lacks', async () => {
  const shapes = [{ label: '', points: [] }];
  const spec = `labelme:${await folder({ 'a.json': { shapes, imagePath: 'a.jpg' } })}`;
  await expectRefused(
    spec,
    'a',
    /shapes\.0\.label: got none, expected the name of a class; name the shape in labelme/,
  );
});

it("says that Cityscapes' label ids seem to be train ids", async () => {
  const files = (ids: string) => ({
    'leftImg8bit/train/x/a_leftImg8bit.png': photo,
    'gtFine/train/x/a_gtFine_labelIds.png': gray(Array(4).fill(ids)),
  });
  const told = async (ids: string) =>
    (await sampleOf(`cityscapes:${await folderOf(files(ids))}`, 'a')).remarks;
  expect(await told('0001?8')).toEqual([remarks.trainIds]);
  const high = encode({
    ...{ width: 6, height: 4, channels: 1, depth: 8 },
    data: new Uint8Array(24).fill(23),
  });
  const spec = `cityscapes:${await folderOf({ ...files('000000'), 'gtFine/train/x/a_gtFine_labelIds.png': high })}`;
  expect((await sampleOf(spec, 'a')).remarks).toBeUndefined();
});
