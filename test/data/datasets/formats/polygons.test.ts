import { deflateSync } from 'node:zlib';
import { encode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { openDataset, splitsOf } from '../../../../src/data/datasets/open.ts';
import { testImage, toSharp } from '../../helpers.ts';
import { classesOf, expectRefused, folderOf, gray, jpeg, labelRows } from './annotated.ts';

const photo = await jpeg(4, 6);

describe('yolo:', () => {
  const files = (labels: string, changes: object = {}) => ({
    'data.yaml':
      "train: ../train/images\nval: ../valid/images\nnc: 2\nnames: ['cat', 'dog']\nroboflow:\n  version: 1\n",
    'train/images/a.jpg': photo,
    'train/labels/a.txt': labels,
    ...changes,
  });
  const whole = '0 0 0 0.99 0 0.99 0.99 0 0.99';

  it('draws small objects above large ones, and leaves images without a file to the background', async () => {
    const small = '1 0.5 0.5 0.6 0.5 0.6 0.6';
    const spec = `yolo:${await folderOf(files(`${small}\r\n\r\n${whole}\n`, { 'valid/images/b.jpg': photo }))}`;
    expect(await splitsOf(spec)).toEqual(['train', 'val']);
    expect(await classesOf(spec)).toEqual(['background', 'cat', 'dog']);
    expect(await labelRows(spec, 'a')).toEqual(['111111', '111111', '111211', '111111']);
    expect(await labelRows(spec, 'b')).toEqual(Array(4).fill('000000'));
  });

  it('reads the forms that data.yaml has: a map of names, a root, lists of folders and of files', async () => {
    const yaml = 'path: set\ntrain:\n  - one/images\n  - two.txt\nnames:\n  0: cat # 🐈\n  1: "a: b"\n';
    const folder = await folderOf({
      'my.yaml': yaml,
      'set/one/images/x/a.jpg': photo,
      'set/one/labels/x/a.txt': whole,
      'set/two.txt': './other/images/b.jpg\n',
      'set/other/images/b.jpg': photo,
      'set/other/labels/b.txt': whole.replace('0', '1'),
    });
    expect(await classesOf(`yolo:${folder}`)).toEqual(['background', 'cat', 'a: b']);
    const opened = ['train', 'val'].map(
      async (split) => (await openDataset(`yolo:${folder}/my.yaml`, split)).ids,
    );
    expect((await Promise.all(opened)).flat().sort()).toEqual(['a', 'b']); // train alone is shared out
    expect((await labelRows(`yolo:${folder}`, 'a'))[0]).toBe('111111');
    expect((await labelRows(`yolo:${folder}`, 'b'))[0]).toBe('222222');
  });

  it('takes the size of images as Ultralytics does, upright', async () => {
    const turned = await toSharp(testImage(6, 4)).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    const spec = `yolo:${await folderOf(files(whole, { 'train/images/a.jpg': turned }))}`;
    expect(await labelRows(spec, 'a')).toEqual(Array(4).fill('111111'));
  });

  it.each([
    ['an odd number of coordinates', files('0 0.1 0.1 0.2 0.2 0.3 0.3 0.4'), /a\.txt: line 1: got 7 numbers/],
    ['a box', files(`${whole}\n0 0.5 0.5 0.2 0.2`), /a\.txt: line 2: got a box, as in labels for detection, expected a polygon/],
    ['an unknown class', files('2 0 0 1 1 0 1'), /a\.txt: line 1: got class 2, expected 0 to 1/],
    ['a word', files('cat 0 0 1 1 0 1'), /line 1: got class cat/],
    ['pixels', files('0 0 0 100 1 0 1'), /line 1: got the coordinate 100, expected 0 to 1/],
    ['a number that is none', files('0 0 0 x 1 0 1'), /line 1: got 'x', expected a number/],
    ['no YAML', files('', { 'data.yaml': 'names: [cat' }), /data\.yaml: not YAML \(/],
    ['no names', files('', { 'data.yaml': 'train: train/images' }), /data\.yaml: names: /],
    ['a gap in the names', files('', { 'data.yaml': 'train: train/images\nnames: {0: a, 2: b}' }), /names: got no name for 1/],
    ['folders that are not there', files('', { 'data.yaml': 'train: gone\nnames: [a]' }), /got none of the folders that .*data\.yaml names/],
  ])('names file and place of %s', async (_, content, message) => {
    await expectRefused(`yolo:${await folderOf(content)}`, 'a', message as RegExp);
  }); // biome-ignore format: a case a line
});

describe('supervisely:', () => {
  const meta = { classes: [{ title: 'cat' }, { title: 'dog' }, { title: 'BG' }] };
  const files = (objects: object[], changes: object = {}) => ({
    'meta.json': meta,
    'ds0/img/a.jpg': photo,
    'ds0/ann/a.jpg.json': { size: { width: 6, height: 4 }, objects },
    ...changes,
  });
  const object = (
    classTitle: string,
    geometryType: string,
    exterior: number[][],
    interior: number[][][] = [],
  ) => ({
    classTitle,
    geometryType,
    points: { exterior, interior },
  });
  const bitmap = (png: Uint8Array, origin: number[]) => ({
    classTitle: 'dog',
    geometryType: 'bitmap',
    bitmap: { data: deflateSync(png).toString('base64'), origin },
  });

  it('draws shapes with holes, lines and points, later ones above', async () => {
    const square = [
      [0, 0],
      [4, 0],
      [4, 3],
      [0, 3],
    ];
    const hole = [
      [1, 1],
      [2, 1],
      [2, 2],
      [1, 2],
    ];
    const spec = `supervisely:${await folderOf(
      files([
        object('cat', 'polygon', square, [hole]),
        object('dog', 'rectangle', [[3, 3], [9, 2]]),
        object('dog', 'line', [[5, 0], [5, 1]]),
        object('dog', 'point', [[0, 0]]),
      ]),
    )}`; // biome-ignore format: points
    expect(await classesOf(spec)).toEqual(['BG', 'cat', 'dog']);
    expect(await labelRows(spec, 'a')).toEqual(['211112', '100112', '100222', '111222']);
  });

  it('reads bitmaps, gray or by their alpha, with an origin', async () => {
    const alpha = Uint8Array.of(9, 9, 9, 0, 0, 0, 0, 255, 0, 0, 0, 1, 0, 0, 0, 0);
    const rgba = encode({ width: 2, height: 2, channels: 4, depth: 8, data: alpha });
    // One bit a pixel, from Pillow: 010 over 110.
    const pillow =
      'eJzrDPBz5+WS4mJgYOD19HAJAtLMQMzECCQYtvJHbwdSPJ4ujiEVc5ILEiwYGBhbGBm56icEgOQ9Xf1c1jklNAEAiRMNSQ==';
    const fromPillow = { ...bitmap(rgba, [0, 0]), bitmap: { data: pillow, origin: [3, -1] } };
    const spec = `supervisely:${await folderOf(files([bitmap(gray(['01', '90']), [5, 3]), bitmap(rgba, [0, 0]), fromPillow]))}`;
    expect(await labelRows(spec, 'a')).toEqual(['020220', '200000', '000000', '000000']);
  });

  it('has splits where all data sets are called so, and one set otherwise', async () => {
    const {
      'ds0/img/a.jpg': img,
      'ds0/ann/a.jpg.json': ann,
      ...others
    } = files([]) as Record<string, unknown>;
    const two = (one: string, other: string) => ({
      ...others,
      [`${one}/img/a.jpg`]: img,
      [`${one}/ann/a.jpg.json`]: ann,
      [`${other}/img/a.jpg`]: img,
      [`${other}/ann/a.json`]: ann,
    });
    expect(await splitsOf(`supervisely:${await folderOf(two('train', 'val'))}`)).toEqual(['train', 'val']);
    const spec = `supervisely:${await folderOf(two('one', 'val'))}`;
    expect(await labelRows(spec, 'one_a')).toHaveLength(4);
    expect(await labelRows(spec, 'val_a')).toHaveLength(4);
  });

  it.each([
    ['an unknown class', files([object('cow', 'point', [[0, 0]])]), /a\.jpg\.json: objects\.0: got the class 'cow'/],
    ['an unknown shape', files([object('cat', 'cuboid', [])]), /objects\.0: got a shape with the type 'cuboid', expected one of/],
    ['a bitmap that is not packed', files([{ ...bitmap(photo, [0, 0]), bitmap: { data: 'AAAA', origin: [0, 0] } }]), /objects\.0\.bitmap: cannot be unpacked/],
    ['a bitmap that is no PNG', files([bitmap(photo, [0, 0])]), /objects\.0\.bitmap: not a PNG/],
    ['a missing annotation', { 'meta.json': meta, 'ds0/img/b.jpg': photo, 'ds0/ann/c.jpg.json': '' }, /b\.jpg: its annotation .*b\.jpg\.json is missing/],
    ['no data sets', { 'meta.json': meta }, /got no folder that contains img and ann/],
  ])('names file and place of %s', async (_, content, message) => {
    await expectRefused(`supervisely:${await folderOf(content)}`, 'a', message as RegExp);
  }); // biome-ignore format: a case a line
});
