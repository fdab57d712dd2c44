import { describe, expect, it } from 'vitest';
import { classesOf, expectRefused, folderOf, gray, jpeg, labelRows } from './annotated.ts';

const photo = await jpeg(3, 4);
const size = { original_width: 4, original_height: 3 };

/** What encode_rle of label-studio-sdk 2.1.2 makes of a stroke over 0100, 0111, 0001. */
const rle = [
  0, 0, 0, 48, 57, 27, 252, 96, 0, 3, 194, 0, 7, 253, 176, 0, 1, 225, 0, 3, 252, 0, 120, 64, 0, 255, 0, 30,
  16, 0, 63, 237, 128, 0, 15, 8, 0, 16, 0,
];

const brush = { type: 'brushlabels', ...size, value: { format: 'rle', rle, brushlabels: ['dog'] } };
const polygon = {
  type: 'polygonlabels',
  ...size,
  value: { points: [[0, 0], [50, 0], [50, 100], [0, 100]], polygonlabels: ['cat'] },
}; // biome-ignore format: points
const box = (rotation: number) => ({
  type: 'rectanglelabels',
  ...size,
  value: { x: 50, y: 0, width: 25, height: 100 / 3, rotation, rectanglelabels: ['cat'] },
});
const keyPoint = {
  type: 'keypointlabels',
  ...size,
  value: { x: 1, y: 1, width: 1, keypointlabels: ['nose'] },
};

const task = (result: object[], changes: object = {}) => ({
  id: 5,
  data: { image: '/data/upload/1/0a1b2c3d-my%20photo.jpg' },
  annotations: [
    { was_cancelled: true, result: [{ ...polygon, value: {} }] },
    { was_cancelled: false, result },
  ],
  ...changes,
});

const files = (tasks: unknown, changes: object = {}) => ({
  'export.json': tasks,
  'my photo.jpg': photo,
  ...changes,
});

describe('labelstudio:', () => {
  it('draws polygons and brush strokes in their order, and leaves key points out', async () => {
    const folder = await folderOf(files([task([polygon, brush, keyPoint])]));
    for (const spec of [`labelstudio:${folder}`, `labelstudio:${folder}/export.json`]) {
      expect(await classesOf(spec)).toEqual(['background', 'cat', 'dog']);
      expect(await labelRows(spec, 'my photo')).toEqual(['1200', '1222', '1102']);
    }
    const reverse = `labelstudio:${await folderOf(files([task([brush, polygon])]))}`;
    expect(await labelRows(reverse, 'my photo')).toEqual(['1100', '1122', '1102']);
  });

  it('draws rectangles, turned around their upper left corner, and ellipses', async () => {
    const spec = (region: object) =>
      folderOf(files([task([region])])).then((folder) => `labelstudio:${folder}`);
    expect(await labelRows(await spec(box(0)), 'my photo')).toEqual(['0010', '0000', '0000']);
    expect(await labelRows(await spec(box(90)), 'my photo')).toEqual(['0100', '0000', '0000']);
    const value = { x: 50, y: 50, radiusX: 50, radiusY: 17, rotation: 0, ellipselabels: ['cat'] };
    expect(await labelRows(await spec({ type: 'ellipselabels', ...size, value }), 'my photo')).toEqual([
      '0000',
      '1111',
      '0000',
    ]);
  });

  it('reads JSON-MIN, old files, and images by the names that they were uploaded or stored under', async () => {
    const minimal = {
      id: 5,
      image: '/data/local-files/?d=photos/my photo.jpg',
      tag: [{ ...polygon.value, ...size }],
    };
    const old = {
      id: 5,
      data: { picture: 's3://x/y.jpg' },
      file_upload: 'my photo.jpg',
      completions: [{ result: [polygon] }],
    };
    for (const one of [minimal, old]) {
      const spec = `labelstudio:${await folderOf(files([one]))}`;
      expect(await labelRows(spec, 'my photo')).toEqual(['1100', '1100', '1100']);
    }
  });

  it('leaves out tasks that nobody has annotated', async () => {
    const other = { id: 6, data: { image: 'gone.jpg' }, annotations: [] };
    const spec = `labelstudio:${await folderOf(files([other, task([])]))}`;
    expect(await labelRows(spec, 'my photo')).toEqual(['0000', '0000', '0000']);
  });

  it('reads the masks of brushes as PNGs, with a file or with images called like tasks', async () => {
    const masks = {
      'task-5-annotation-9-by-1-tag-dog-0.png': gray(['0009', '0000', '0000']),
      'task-5-annotation-8-by-me@x.org-tag-big-cat-0.png': gray(['9900', '0000', '0000']),
      'task-5-annotation-8-by-me@x.org-tag-dog-0.png': gray(['0990', '0000', '0000']),
    };
    const withFile = `labelstudio:${await folderOf(files([task([polygon])], masks))}`;
    expect(await classesOf(withFile)).toEqual(['background', 'big-cat', 'dog']);
    expect(await labelRows(withFile, 'my photo')).toEqual(['1220', '0000', '0000']);
    const without = `labelstudio:${await folderOf({ ...masks, 'task-5.jpg': photo })}`;
    expect(await labelRows(without, 'task-5')).toEqual(['1220', '0000', '0000']);
  });

  it.each([
    ['a missing image', [task([], { data: { image: 'gone.jpg' } })], /export\.json: 0: the image of task 5 \(gone\.jpg\) is missing/],
    ['an RLE of another image', [task([{ ...brush, original_width: 5 }])], /result\.0: got an RLE of 48 values, expected 60 for 5x3/],
    ['an RLE that is cut off', [task([{ ...brush, value: { ...brush.value, rle: rle.slice(0, 20) } }])], /result\.0: got an RLE that/],
    ['a word for a coordinate', [task([{ ...polygon, value: { points: [['a', 1]] } }])], /result\.0: points\.0\.0: /],
    ['another size than the image', [task([{ ...polygon, original_width: 40 }])], /got 40x3 pixels, expected 4x3/],
    ['no tasks', { id: 1 }, /export\.json: /],
  ])('names file and place of %s', async (_, tasks, message) => {
    await expectRefused(`labelstudio:${await folderOf(files(tasks))}`, 'my photo', message as RegExp);
  }); // biome-ignore format: a case a line
});
