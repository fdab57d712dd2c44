import { describe, expect, it } from 'vitest';
import { openDataset, splitsOf } from '../../../../src/data/datasets/open.ts';
import { testImage, toSharp } from '../../helpers.ts';
import { classesOf, expectRefused, folderOf, gray, jpeg, labelRows, sampleOf } from './annotated.ts';

const photo = await jpeg(4, 6);

const box = (label: string, left: number, top: number, right: number, bottom: number) => ({
  label,
  points: [
    [left, top],
    [right, bottom],
  ],
  shape_type: 'rectangle',
});

const file = (shapes: unknown[], changes: object = {}) => ({
  version: '5.5.0',
  flags: {},
  shapes,
  imagePath: 'a.jpg',
  imageData: null,
  imageHeight: 4,
  imageWidth: 6,
  ...changes,
});

describe('labelme:', () => {
  it('draws later shapes above earlier ones, and sorts the labels that occur', async () => {
    const shapes = [box('dog', 0, 0, 3, 3), box('cat', 2, 1, 4, 2), box('__ignore__', 5, 0, 5, 0)];
    const spec = `labelme:${await folderOf({ 'a.json': file(shapes), 'a.jpg': photo })}`;
    expect(await classesOf(spec)).toEqual(['_background_', 'cat', 'dog']);
    expect(await labelRows(spec, 'a')).toEqual(['22220?', '221110', '221110', '222200']);
  });

  it('numbers classes by labels.txt, there or in the folder above', async () => {
    const files = { 'a.json': file([box('dog', 0, 0, 5, 3)]), 'a.jpg': photo };
    const labels = '__ignore__\n_background_\naeroplane\ndog\ntv/monitor\n';
    const beside = `labelme:${await folderOf({ ...files, 'labels.txt': labels })}`;
    expect(await classesOf(beside)).toEqual(['_background_', 'aeroplane', 'dog', 'tv/monitor']);
    expect(await labelRows(beside, 'a')).toEqual(Array(4).fill('222222'));
    const below = Object.fromEntries(
      Object.entries(files).map(([name, content]) => [`data/${name}`, content]),
    );
    const above = `labelme:${await folderOf({ ...below, 'labels.txt': labels })}/data`;
    expect(await classesOf(above)).toEqual(await classesOf(beside));
    const short = `labelme:${await folderOf({ ...files, 'labels.txt': 'cat\n' })}`;
    await expectRefused(short, 'a', /a\.json: shapes\.0 \(dog\): got a label that is not in labels\.txt/);
  });

  it('says which key of a shape is missing, and what is expected', async () => {
    const { label: _, ...unnamed } = box('dog', 0, 0, 3, 3);
    const spec = `labelme:${await folderOf({ 'a.json': file([unnamed]), 'a.jpg': photo })}`;
    await expectRefused(spec, 'a', /a\.json: shapes\.0\.label: got nothing, expected text or a number/);
  });

  it('says of a split that has only images that cannot be used that they cannot', async () => {
    const whole = Object.fromEntries(
      ['a', 'b', 'c'].flatMap((id) => [
        [`${id}.jpg`, photo],
        [`${id}.json`, file([box('dog', 0, 0, 3, 3)], { imagePath: `${id}.jpg` })],
      ]),
    );
    const { ids } = await openDataset(`labelme:${await folderOf(whole)}`, 'val');
    expect(ids).toHaveLength(1);
    const spec = `labelme:${await folderOf({ ...whole, [`${ids[0]}.json`]: '{"shapes": [' })}`;
    await expect(openDataset(spec, 'val', () => {})).rejects.toThrow(
      /^split 'val': got 1 image in labelme:.*, which cannot be used, expected at least one that can/,
    );
    expect((await openDataset(spec, 'train')).warnings).toEqual([]);
    const alone = `labelme:${await folderOf({ 'a.jpg': photo, 'a.json': whole['a.json'] })}`;
    const either = Promise.all(['train', 'val'].map((split) => openDataset(alone, split)));
    await expect(either).rejects.toThrow(/got 1 image that can be used .*, expected at least 2/);
  });

  it('reads every type of shape', async () => {
    const shapes = [
      { label: 'a', points: [[0, 0], [3, 0], [0, 3]] }, // old files name no type
      { label: 'b', points: [[5, 3], [5, 3]], shape_type: 'line' },
      { label: 'c', points: [[4.9, 0.2], [5.2, 1]], shape_type: 'mask', mask: Buffer.from(gray(['01', '10'])).toString('base64') },
    ]; // biome-ignore format: one shape a line
    const spec = `labelme:${await folderOf({ 'a.json': file(shapes), 'a.jpg': photo })}`;
    expect(await labelRows(spec, 'a')).toEqual(['111103', '111030', '110000', '100002']);
    const corners = [
      [1, 1],
      [4, 1],
      [4, 3],
      [1, 3],
    ];
    const asPolygon = await labelRows(
      `labelme:${await folderOf({ 'a.json': file([{ label: 'x', points: corners }]), 'a.jpg': photo })}`,
      'a',
    );
    for (const shape_type of ['rectangle', 'rotation', 'oriented_rectangle']) {
      const one = await folderOf({
        'a.json': file([{ label: 'x', points: corners, shape_type }]),
        'a.jpg': photo,
      });
      expect(await labelRows(`labelme:${one}`, 'a'), shape_type).toEqual(asPolygon);
    }
    for (const [type, points] of [
      [
        'circle',
        [
          [3, 2],
          [3, 3],
        ],
      ],
      ['point', [[3, 2]]],
      [
        'linestrip',
        [
          [0, 2],
          [5, 2],
        ],
      ],
    ] as const) {
      const one = `labelme:${await folderOf({ 'a.json': file([{ label: 'x', points, shape_type: type }]), 'a.jpg': photo })}`;
      expect((await sampleOf(one, 'a')).label.data[2 * 6 + 3], type).toBe(1);
    } // the pixels of each: raster.test.ts
  });

  it('takes the embedded image rather than a file', async () => {
    const pixels = testImage(4, 6);
    const imageData = (await toSharp(pixels).png().toBuffer()).toString('base64');
    const content = file([box('dog', 0, 0, 0, 0)], { imageData, imagePath: 'C:\\photos\\gone.jpg' });
    const spec = `labelme:${await folderOf({ 'a.json': content })}`;
    expect((await sampleOf(spec, 'a')).image).toEqual(pixels);
    const noSize = { ...content, imageHeight: undefined, imageWidth: undefined };
    expect((await sampleOf(`labelme:${await folderOf({ 'a.json': noSize })}`, 'a')).label).toMatchObject({
      width: 6,
    });
  });

  it('finds images that other machines had elsewhere, and turns them upright as labelme shows them', async () => {
    const turned = await toSharp(testImage(6, 4)).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    const spec = `labelme:${await folderOf({
      'json/a.json': file([box('dog', 5, 3, 5, 3)], { imagePath: '..\\Photos\\a.jpg' }),
      'photos/a.jpg': turned,
      'others/a.jpg': photo,
    })}`;
    const { image } = await sampleOf(spec, 'json_a');
    expect([image.width, image.height]).toEqual([6, 4]);
  });

  it('has the splits that the folders are called after, and draws them otherwise', async () => {
    const one = { 'a.json': file([]), 'a.jpg': photo };
    const inside = (folder: string) =>
      Object.fromEntries(Object.entries(one).map(([name, content]) => [`${folder}/${name}`, content]));
    const spec = `labelme:${await folderOf({ ...inside('Train'), ...inside('valid') })}`;
    expect(await splitsOf(spec)).toEqual(['train', 'val']);
    expect((await openDataset(spec, 'val')).ids).toEqual(['a']);
    const mixed = `labelme:${await folderOf({ ...inside('train'), ...one })}`;
    await expect(openDataset(mixed, 'train')).rejects.toThrow(/got a\.json next to the splits train/);
    const names = Array.from({ length: 40 }, (_, i) => `photo-${i}`);
    const files = names.map((name) => [`${name}.json`, file([])]);
    const drawn = `labelme:${await folderOf({ ...Object.fromEntries(files), 'a.jpg': photo })}`;
    const [train, val] = [await openDataset(drawn, 'train'), await openDataset(drawn, 'val')];
    expect([...train.ids, ...val.ids].sort()).toEqual(names.sort());
    expect(train.ids.length).toBeGreaterThan(val.ids.length);
  });

  it('speaks of broken files where their split is opened, and counts them when it draws', async () => {
    const spec = `labelme:${await folderOf({ 'train/a.json': file([]), 'train/a.jpg': photo, 'val/b.json': '{"shapes": 1' })}`;
    expect((await openDataset(spec, 'train')).ids).toEqual(['a']);
    await expect(openDataset(spec, 'val')).rejects.toThrow(/b\.json: not JSON/);
    expect(await splitsOf(spec)).toEqual(['train', 'val']);
    // Whichever split the broken file is drawn for has to say so.
    const drawn = `labelme:${await folderOf({ 'a.json': file([]), 'a.jpg': photo, 'photo-1.json': '{"shapes": 1' })}`;
    const problems: string[] = [];
    for (const split of await splitsOf(drawn)) {
      await openDataset(drawn, split, ({ message }) => problems.push(message)).catch(() => undefined);
    }
    expect(problems).toHaveLength(1);
  });

  it("reads labelme2voc's folder", async () => {
    const spec = `labelme:${await folderOf({
      'class_names.txt': '_background_\ndog\n',
      'JPEGImages/a.jpg': photo,
      'SegmentationClass/a.npy': '',
      'SegmentationClassPNG/a.png': gray(['000000', '011100', '01?100', '000000']),
    })}`;
    expect(await classesOf(spec)).toEqual(['_background_', 'dog']);
    expect(await labelRows(spec, 'a')).toEqual(['000000', '011100', '01?100', '000000']);
  });

  it.each([
    ['no JSON', '{"shapes": [', /a\.json: not JSON \(/],
    ['no shapes', '{"imagePath": "a.jpg"}', /a\.json: shapes: /],
    ['a word for a coordinate', file([{ label: 'x', points: [[1, 'two']] }]), /a\.json: shapes\.0\.points\.0\.1: /],
    ['a coordinate that is far away', file([{ label: 'x', points: [[1e12, 0]] }]), /a\.json: shapes\.0\.points\.0\.0: /],
    ['an unknown type', file([{ label: 'x', points: [], shape_type: 'cube' }]), /shapes\.0 \(x\): got a shape with the type 'cube', expected one of polygon, /],
    ['a mask of another size', file([{ ...box('x', 0, 0, 2, 2), shape_type: 'mask', mask: Buffer.from(gray(['01', '10'])).toString('base64') }]), /shapes\.0 \(x\): got a mask of 2x2 pixels, expected 3x3/],
    ['another size', file([], { imageWidth: 7 }), /a\.json: got 7x4 pixels, expected 6x4 as in .*a\.jpg/],
    ['an endless size', file([], { imageWidth: 2 ** 20, imageHeight: 2 ** 20 }), /got an image of 1048576x1048576 pixels/],
    ['no image in base64', file([], { imageData: '%%%' }), /a\.json: imageData: got text that is not base64/],
  ])('names file and place of %s', async (_, content, message) => {
    const spec = `labelme:${await folderOf({ 'a.json': content, 'a.jpg': photo })}`;
    await expectRefused(spec, 'a', message as RegExp);
  }); // biome-ignore format: a case a line
});
