import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Dataset } from '../../../../src/data/datasets/dataset.ts';
import { openDataset, splitsOf } from '../../../../src/data/datasets/open.ts';
import { layouts, writeDataset } from '../../../../src/data/datasets/write-dataset.ts';
import { temporaryFolder, testImage, toSharp } from '../../helpers.ts';
import { folderOf, jpeg } from './annotated.ts';

const photo = await jpeg(4, 6);
const polygon = { label: 'dog 2', points: [[0, 0], [3, 0], [0, 3]] }; // biome-ignore format: points
const ignored = { label: '__ignore__', points: [[5, 3], [5, 3], [5, 3]] }; // biome-ignore format: points
const labelme = (changes: object = {}) => ({
  shapes: [polygon, ignored],
  imagePath: 'a.jpg',
  imageHeight: 4,
  imageWidth: 6,
  ...changes,
});

async function convert(spec: string, format: keyof typeof layouts): Promise<string> {
  const out = path.join(await temporaryFolder(), 'out');
  const names = await splitsOf(spec);
  const splits: Dataset[] = [];
  for (const name of names) splits.push(await openDataset(spec, name));
  await writeDataset(splits, names, out, layouts[format], () => undefined);
  return out;
}

describe.each(['voc', 'folder'] as const)('converted to %s:', (format) => {
  it('has the same images, labels, classes and splits', async () => {
    const turned = await toSharp(testImage(6, 4)).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    const imageData = (await toSharp(testImage(4, 6)).jpeg().toBuffer()).toString('base64');
    const source = `labelme:${await folderOf({
      'train/plain.json': labelme(),
      'train/a.jpg': photo,
      'train/turned one.json': labelme({ imagePath: 'b.jpg' }),
      'train/b.jpg': turned,
      'train/embedded.json': labelme({ imageData }),
      'val/plain.json': labelme({ shapes: [] }),
      'val/a.jpg': photo,
    })}`;
    const out = await convert(source, format);
    const spec = `${format}:${out}`;
    expect((await splitsOf(spec)).sort()).toEqual(['train', 'val']);
    const [before, after] = [await openDataset(source, 'train'), await openDataset(spec, 'train')];
    expect(after.ids).toEqual(['embedded', 'plain', 'turned_one']);
    expect(after.classes).toEqual(['_background_', 'dog_2']); // 'dog 2' may be a class with a value in classes.txt
    for (const index of before.ids.keys()) {
      const [one, other] = [await before.load(index), await after.load(index)];
      expect(other.image, one.id).toEqual(one.image);
      expect(other.label, one.id).toEqual(one.label);
      expect(one.label.data).toContain(255);
    }
    const val = await openDataset(spec, 'val');
    expect(val.ids).toEqual(['val_plain']); // another image than train's of this name
    expect([...new Set((await val.load(0)).label.data)]).toEqual([0]);
    const images = path.join(out, layouts[format].images);
    // Bytes are copied where the file has the pixels.
    expect((await readdir(images)).sort()).toEqual([
      'embedded.png',
      'plain.jpg',
      'turned_one.png',
      'val_plain.jpg',
    ]);
    expect(await readFile(path.join(images, 'plain.jpg'))).toEqual(Buffer.from(photo));
  });
});

it('copies images that only this program decodes', async () => {
  const bmp = await readFile(path.join(import.meta.dirname, '../../../fixtures/odd-images/alpha.bmp'));
  const files = {
    'train/a.bmp': bmp,
    'train/a.json': labelme({ imagePath: 'a.bmp', imageHeight: 16, imageWidth: 24 }),
  };
  const out = await convert(`labelme:${await folderOf(files)}`, 'folder');
  expect(await readFile(path.join(out, 'images/a.bmp'))).toEqual(bmp);
});

it.each(['voc', 'folder'] as const)(
  'names of classes that classes.txt reads otherwise are changed: %s',
  async (format) => {
    const names = [
      '3 wheels',
      'a 1 2 3',
      'bus: 7',
      'cat: tabby',
      'cup, saucer',
      'traffic light',
      'tv/monitor',
      'void',
      '#1',
      '"x"',
      'bus_7',
      '| pipe |',
      ': colon',
    ];
    const shapes = names.map((label) => ({ ...polygon, label }));
    const source = `labelme:${await folderOf({ 'train/a.json': labelme({ shapes }), 'train/a.jpg': photo, 'labels.txt': names.join('\n') })}`;
    const dataset = await openDataset(`${format}:${await convert(source, format)}`, 'train');
    const changed = [
      '3_wheels',
      'a_1_2_3',
      'bus_7',
      'cat: tabby',
      'cup, saucer',
      'traffic light',
      'tv/monitor',
      'class_8_void',
      'class_9__1',
      '_x_',
      'bus_7_class_11',
      '_ pipe _',
      '_ colon',
    ];
    expect(dataset.classes).toEqual(['_background_', ...changed]);
  },
);
