import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDataset } from '../../../src/data/datasets/open.ts';
import { encodeLabelPng } from '../../../src/data/images/encode-label-png.ts';
import { vocPalette } from '../../../src/data/images/palette.ts';
import { makePng, temporaryFolder, testImage, toSharp, writeFiles } from '../helpers.ts';

const image = testImage(4, 6);
const jpeg = await toSharp(image).jpeg().toBuffer();
const png = await toSharp(image).png().toBuffer();

/** A 6 x 4 label of class 1 with void in the corner; `change` may spoil it. */
function labelPng(change: (data: Uint8Array) => void = () => {}): Uint8Array {
  const data = new Uint8Array(24).fill(1);
  data[23] = 255;
  change(data);
  return encodeLabelPng({ width: 6, height: 4, data }, vocPalette());
}

/** Three images, a (jpg), b (jpeg) and c (png), with labels; `changes` replaces or adds files, null leaves one out. */
async function vocFolder(
  changes: Record<string, Uint8Array | string | null> = {},
  below = '',
): Promise<string> {
  const folder = await temporaryFolder();
  const files = {
    'JPEGImages/a.jpg': jpeg,
    'JPEGImages/b.JPEG': jpeg,
    'JPEGImages/c.png': png,
    'JPEGImages/unused.txt': '',
    'SegmentationClass/a.png': labelPng(),
    'SegmentationClass/b.png': labelPng(),
    'SegmentationClass/c.png': labelPng(),
    'ImageSets/Segmentation/train.txt': 'a\nb\n',
    'ImageSets/Segmentation/val.txt': 'c\n',
    ...changes,
  };
  const kept = Object.entries(files).filter(
    (entry): entry is [string, Uint8Array | string] => entry[1] !== null,
  );
  await writeFiles(path.join(folder, below), Object.fromEntries(kept));
  return folder;
}

/** Expects that opening, or loading the first sample, fails with exit code 2 and this message. */
async function expectRefused(folder: string, split: string, message: RegExp): Promise<void> {
  const attempt = openDataset(`voc:${folder}`, split).then((dataset) => dataset.load(0));
  await expect(attempt).rejects.toThrow(message);
  await expect(attempt).rejects.toMatchObject({ exitCode: 2 });
}

describe('voc: that is right', () => {
  it('loads images and labels of a split', async () => {
    const folder = await vocFolder();
    const train = await openDataset(`voc:${folder}`, 'train');
    expect(train.ids).toEqual(['a', 'b']);
    expect(train.classes).toHaveLength(21);
    expect(train.classes[15]).toBe('person');
    expect(train.name).toBe(`voc:${folder} train`);
    expect(train.imageSource(1)).toBe(path.join(folder, 'JPEGImages', 'b.JPEG'));
    const val = await openDataset(`voc:${folder}`, 'val');
    const sample = await val.load(0);
    expect(sample.id).toBe('c');
    expect(sample.image).toEqual(image);
    expect([...sample.label.data]).toEqual([...new Array(23).fill(1), 255]);
    expect(await val.loadLabel(0)).toEqual(sample.label);
  });

  it('reads split files with Windows line ends, blank lines, spaces, further columns and a byte order mark', async () => {
    const folder = await vocFolder({
      'ImageSets/Segmentation/odd.txt': '\uFEFFa  1\r\n\r\n  c\t-1 \r\n b \n\n',
    });
    expect((await openDataset(`voc:${folder}`, 'odd')).ids).toEqual(['a', 'c', 'b']);
  });

  it('takes class names from classes.txt', async () => {
    const folder = await vocFolder({ 'classes.txt': 'sky\r\n traffic light \n\n' });
    expect((await openDataset(`voc:${folder}`, 'val')).classes).toEqual(['sky', 'traffic light']);
  });

  it('finds the data set below the folder', async () => {
    for (const below of ['VOC2012', 'VOCdevkit/VOC2012']) {
      const folder = await vocFolder({}, below);
      const dataset = await openDataset(`voc:${folder}`, 'val');
      expect(dataset.imageSource(0)).toBe(path.join(folder, below, 'JPEGImages', 'c.png'));
    }
  });
});

describe('voc: that is wrong', () => {
  it('refuses a folder that is missing or of another layout', async () => {
    const empty = await temporaryFolder();
    await expectRefused(empty, 'val', /got no folder JPEGImages/);
    await expectRefused(path.join(empty, 'nothing'), 'val', /nothing: there is no such folder/);
    await expectRefused('', 'val', /expected voc:DIR/);
  });

  it('names the choices when there are several data sets', async () => {
    const folder = await temporaryFolder();
    await writeFiles(folder, { 'VOC2011/JPEGImages/a.jpg': jpeg, 'VOC2012/JPEGImages/a.jpg': jpeg });
    await expectRefused(folder, 'val', /choose voc:.*VOC2011 or voc:.*VOC2012/);
  });

  it('names the splits that there are', async () => {
    await expectRefused(await vocFolder(), 'test', /split 'test': not in .*expected one of: train, val$/);
    await expectRefused(await vocFolder(), '../val', /expected one of: train, val$/);
  });

  it('refuses an empty split and an id that occurs twice', async () => {
    const folder = await vocFolder({
      'ImageSets/Segmentation/empty.txt': '\n \n',
      'ImageSets/Segmentation/twice.txt': 'a\nb\na\n',
    });
    await expectRefused(folder, 'empty', /empty\.txt: it is empty/);
    await expectRefused(folder, 'twice', /twice\.txt: got 'a' twice/);
  });

  it('names ids without image or label, and how many', async () => {
    const split = { 'ImageSets/Segmentation/val.txt': 'c\nv\nw\nx\ny\n' };
    await expectRefused(
      await vocFolder(split),
      'val',
      /4 of 5 ids have no image in .*JPEGImages: v, w, x, \.\.\.;/,
    );
    await expectRefused(
      await vocFolder({ 'SegmentationClass/b.png': null }),
      'train',
      /1 of 2 ids have no label in .*SegmentationClass: b;/,
    );
  });

  it('refuses two images of one id', async () => {
    const folder = await vocFolder({ 'JPEGImages/c.jpg': jpeg });
    await expectRefused(folder, 'val', /image of 'c' in .*: got c\.\w+ and c\.\w+, expected one file/);
  });

  it('refuses classes.txt with gaps, repetitions or nothing', async () => {
    const refuse = async (text: string, message: RegExp) =>
      expectRefused(await vocFolder({ 'classes.txt': text }), 'val', message);
    await refuse('a\n\nb\n', /classes\.txt: line 2 is empty/);
    await refuse('\n', /classes\.txt: line 1 is empty/);
    await refuse('a\nb\na\n', /classes\.txt: got 'a' twice/);
    await refuse(Array.from({ length: 256 }, (_, i) => `c${i}`).join('\n'), /got 256 classes/);
  });

  it('refuses labels of another size, with colors, or with values that are no class', async () => {
    const refuse = async (label: Uint8Array, message: RegExp) =>
      expectRefused(await vocFolder({ 'SegmentationClass/c.png': label }), 'val', message);
    const small = encodeLabelPng({ width: 2, height: 2, data: new Uint8Array(4) }, vocPalette());
    await refuse(small, /c\.png: got 2x2 pixels, expected 6x4 as in .*JPEGImages.c\.png; if one/);
    const colors = makePng({ width: 1, height: 1, depth: 8, colorType: 2, rows: [[1, 2, 3]] });
    await refuse(
      colors,
      /SegmentationClass.c\.png: got RGB pixels with color 1 2 3 at x 0, y 0, expected VOC's;/,
    );
    const wrong = labelPng((data) => {
      data[6 * 2 + 5] = 21;
      data[6 * 3] = 99;
    });
    await refuse(wrong, /c\.png: got value 21 at x 5, y 2, expected a class 0\.\.20 or 255/);
    await refuse(labelPng().subarray(0, 60), /SegmentationClass.c\.png: damaged PNG/);
  });

  it('refuses a damaged image', async () => {
    const folder = await vocFolder({ 'JPEGImages/c.png': png.subarray(0, 60) });
    await expectRefused(folder, 'val', /JPEGImages.c\.png: cannot be decoded/);
  });

  it('checks the label alone too', async () => {
    const label = labelPng((data) => data.fill(200));
    const folder = await vocFolder({ 'SegmentationClass/c.png': label });
    const dataset = await openDataset(`voc:${folder}`, 'val');
    await expect(dataset.loadLabel(0)).rejects.toThrow(/got value 200 at x 0, y 0/);
  });
});

describe('openDataset', () => {
  it('names the known schemes', async () => {
    for (const spec of ['zip:/data', '/no-such-folder', '', 'toString:x']) {
      await expect(openDataset(spec, 'val')).rejects.toThrow(
        /got neither an existing folder nor a known prefix, expected .* voc:, sbd:, voc\+sbd:, nyud:, siftflow:, pascal-context:, folder:, shapes:, labelme:, coco:/,
      );
    }
  });
});
