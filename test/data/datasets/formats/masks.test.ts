import { encode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { openDataset, splitsOf } from '../../../../src/data/datasets/open.ts';
import { classesOf, expectRefused, folderOf, gray, jpeg, labelRows } from './annotated.ts';

const photo = await jpeg(2, 3);

/** An RGB PNG from one letter a pixel. */
function colored(rows: readonly string[]): Uint8Array {
  const colors: Record<string, number[]> = {
    k: [0, 0, 0],
    r: [200, 10, 10],
    g: [1, 100, 2],
    w: [224, 224, 192],
  };
  const data = Uint8Array.from([...rows.join('')].flatMap((letter) => colors[letter]!));
  return encode({ width: rows[0]!.length, height: rows.length, channels: 3, depth: 8, data });
}

describe('cvat:', () => {
  const labelmap =
    '# label:color_rgb:parts:actions\ncat: tabby:200,10,10::\nbackground:0,0,0::\ndog:1,100,2::\nignored:224,224,192::\n';
  const files = (changes: object = {}) => ({
    'labelmap.txt': labelmap,
    'JPEGImages/a b.jpg': photo,
    'SegmentationClass/a b.png': colored(['krg', 'wkk']),
    'ImageSets/Segmentation/Train.txt': 'a b\n',
    ...changes,
  });

  it('reads masks in the colors of labelmap.txt, the background first', async () => {
    const spec = `cvat:${await folderOf(files())}`;
    expect(await classesOf(spec)).toEqual(['background', 'cat: tabby', 'dog']);
    expect(await splitsOf(spec)).toEqual(['train']);
    expect(await labelRows(spec, 'a b')).toEqual(['012', '?00']);
  });

  it('draws splits where the only list is the default', async () => {
    const { 'ImageSets/Segmentation/Train.txt': list, ...others } = files() as Record<string, unknown>;
    const lone = await folderOf({ ...others, 'ImageSets/Segmentation/default.txt': list });
    expect(await labelRows(`cvat:${lone}`, 'a b')).toEqual(['012', '?00']);
    expect(await labelRows(`cvat:${await folderOf(others)}`, 'a b')).toEqual(['012', '?00']);
  });

  it.each([
    ['an unknown color', { 'labelmap.txt': 'background:0,0,0::\n' }, /a b\.png: got the color 200 10 10 at x 1, y 0/],
    ['a line that is none', { 'labelmap.txt': 'cat 1 2 3\n' }, /labelmap\.txt: line 1: got 'cat 1 2 3'/],
    ['a color twice', { 'labelmap.txt': 'a:0,0,0::\nbackground:0,0,0::\n' }, /the color of 'a' twice/],
    ['a missing mask', { 'SegmentationClass/a b.png': '', 'ImageSets/Segmentation/Train.txt': 'c\n' }, /1 of 1 ids have no image/],
  ])('names file and place of %s', async (_, changes, message) => {
    await expectRefused(`cvat:${await folderOf(files(changes))}`, 'a b', message as RegExp);
  }); // biome-ignore format: a case a line
});

describe('roboflow:', () => {
  const classes = 'Pixel Value, Class\n0, background\n2, rail track\n1, Car';
  const part = (split: string, mask = gray(['012', '000'])) => ({
    [`${split}/_classes.csv`]: classes,
    [`${split}/a.jpg`]: photo,
    [`${split}/a_mask.png`]: mask,
  });

  it('reads pairs of image and mask in the folders of splits, and in one folder', async () => {
    const spec = `roboflow:${await folderOf({ ...part('train'), ...part('valid'), 'README.txt': '' })}`;
    expect(await splitsOf(spec)).toEqual(['train', 'val']);
    expect(await classesOf(spec)).toEqual(['background', 'Car', 'rail track']);
    expect(await labelRows(spec, 'a', 'val')).toEqual(['012', '000']);
    const flat = `roboflow:${await folderOf(part('.'))}`;
    expect(await labelRows(flat, 'a')).toEqual(['012', '000']);
  });

  it.each([
    ['a value that has no name', part('train', gray(['013', '000'])), /a_mask\.png: got value 3 at x 2, y 0/],
    ['a missing mask', { ...part('train'), 'train/a_mask.png': '', 'train/b.jpg': photo }, /b\.jpg: its mask b_mask\.png is missing/],
    ['a list that is none', { ...part('train'), 'train/_classes.csv': 'Pixel Value, Class\nzero, background' }, /_classes\.csv: line 2: got 'zero/],
    ['other classes in another split', { ...part('train'), ...part('test'), 'test/_classes.csv': 'V, C\n0, x' }, /got a _classes\.csv in train that differs/],
    ['no list', { 'a.jpg': photo }, /got no _classes\.csv/],
  ])('names file and place of %s', async (_, files, message) => {
    await expectRefused(`roboflow:${await folderOf(files)}`, 'a', message as RegExp);
  }); // biome-ignore format: a case a line
});

describe('cityscapes:', () => {
  const files = (label: string, mask: Uint8Array) => ({
    'leftImg8bit/val/ulm/ulm_000000_000019_leftImg8bit.png': photo,
    [`gtFine/val/ulm/ulm_000000_000019_gtFine_${label}.png`]: mask,
  });

  it('takes train ids, or makes them of label ids', async () => {
    const trainIds = `cityscapes:${await folderOf(files('labelTrainIds', gray(['012', '0?8'])))}`;
    expect((await classesOf(trainIds)).length).toBe(19);
    expect(await splitsOf(trainIds)).toEqual(['val']);
    expect(await labelRows(trainIds, 'ulm_000000_000019')).toEqual(['012', '0?8']);
    const data = Uint8Array.of(7, 8, 11, 0, 6, 33);
    const ids = encode({ width: 3, height: 2, channels: 1, depth: 8, data });
    const spec = `cityscapes:${await folderOf(files('labelIds', ids))}`;
    const dataset = await openDataset(spec, 'val');
    expect([...(await dataset.load(0)).label.data]).toEqual([0, 1, 2, 255, 255, 18]);
    expect(dataset.classes[18]).toBe('bicycle');
  });

  it('names a missing label', async () => {
    const spec = `cityscapes:${await folderOf({ ...files('labelIds', gray(['0'])), 'leftImg8bit/val/ulm/b_leftImg8bit.png': photo })}`;
    await expectRefused(spec, 'b', /b_leftImg8bit\.png: its label .*b_gtFine_labelIds\.png is missing/);
    await expectRefused(`cityscapes:${await folderOf({ x: '' })}`, 'b', /got no leftImg8bit and gtFine/);
  });
});
