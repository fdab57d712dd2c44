import { encode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { checkClasses } from '../../../src/data/datasets/check-classes.ts';
import { openDataset } from '../../../src/data/datasets/open.ts';
import { vocClasses } from '../../../src/data/datasets/voc-classes.ts';
import { temporaryFolder, testImage, toSharp, writeFiles } from '../helpers.ts';

const jpeg = await toSharp(testImage(2, 3)).jpeg().toBuffer();
/** A mask of one value, to tell masks apart, but for a first pixel of 0. */
const mask = (value: number) =>
  encode({
    width: 3,
    height: 2,
    channels: 1,
    depth: 8,
    data: Uint8Array.of(0, value, value, value, value, value),
  });

type Files = Record<string, Uint8Array | string>;
const layouts = {
  folder: { images: 'images', masks: 'masks', splits: 'splits' },
  voc: { images: 'JPEGImages', masks: 'SegmentationClass', splits: 'ImageSets/Segmentation' },
};
const schemes = ['folder', 'voc'] as const;

/** A data set with nine classes in one of the layouts; names in `files` begin with images, masks or splits. */
async function specOf(scheme: keyof typeof layouts, files: Files): Promise<string> {
  const folder = await temporaryFolder();
  const named = Object.entries(files).map(([name, content]) => {
    const [first, ...rest] = name.split('/');
    const place = layouts[scheme][first as 'images'] ?? first;
    return [[place, ...rest].join('/'), content];
  });
  const classes = 'a\nb\nc\nd\ne\nf\ng\nh\ni\n';
  await writeFiles(folder, { 'classes.txt': classes, ...Object.fromEntries(named) });
  return `${scheme}:${folder}`;
}

/** The ids of the split train, each with the value of its mask. */
async function masksOf(spec: string): Promise<Record<string, number>> {
  const train = await openDataset(spec, 'train');
  const samples = await Promise.all(train.ids.map((_, index) => train.load(index)));
  return Object.fromEntries(samples.map(({ id, label }) => [id, label.data[1]!]));
}

describe.each(schemes)('%s: as people have it', (scheme) => {
  it('takes every kind of image, in upper case as well', async () => {
    const image = toSharp(testImage(2, 3));
    const kinds = {
      a: ['JPG', jpeg],
      b: ['webp', await image.webp().toBuffer()],
      c: ['tif', await image.tiff().toBuffer()],
    };
    const more = { d: ['GIF', await image.gif().toBuffer()], e: ['avif', await image.avif().toBuffer()] };
    const all = Object.entries({ ...kinds, ...more });
    const files = all.flatMap(([id, [extension, bytes]], i) => [
      [`images/${id}.${extension}`, bytes],
      [`masks/${id}.png`, mask(i)],
    ]);
    const spec = await specOf(scheme, { ...Object.fromEntries(files), 'splits/train.txt': 'a\nb\nc\nd\ne' });
    expect(await masksOf(spec)).toEqual({ a: 0, b: 1, c: 2, d: 3, e: 4 });
  });

  it('pairs masks with suffixes, an exact name first', async () => {
    const spec = await specOf(scheme, {
      ...Object.fromEntries(['a', 'b', 'c', 'd', 'e', 'f_image'].map((id) => [`images/${id}.jpg`, jpeg])),
      'masks/a_mask.png': mask(1),
      'masks/b-label.PNG': mask(2),
      'masks/c_gt.png': mask(3),
      'masks/d.png': mask(4),
      'masks/d_mask.png': mask(8),
      'masks/e.jpg.png': mask(5),
      'masks/f_mask.png': mask(6),
      'splits/train.txt': 'a\nb\nc\nd\ne\nf_image\n',
    });
    expect(await masksOf(spec)).toEqual({ a: 1, b: 2, c: 3, d: 4, e: 5, f_image: 6 });
  });

  it('does not see what systems leave behind', async () => {
    const junk = Buffer.from([0, 5, 22, 7]);
    const spec = await specOf(scheme, {
      ...Object.fromEntries(
        ['._a.jpg', 'Thumbs.db', '.ipynb_checkpoints/a.jpg', '__MACOSX/a.jpg'].map((name) => [
          `images/${name}`,
          junk,
        ]),
      ),
      'masks/._a.png': junk,
      'splits/._train.txt': junk,
      'images/a.jpg': jpeg,
      'masks/a.png': mask(1),
      'splits/train.txt': 'a\n',
    });
    expect(await masksOf(spec)).toEqual({ a: 1 });
  });

  it('takes names in whichever form of Unicode', async () => {
    const [nfc, nfd] = ['Mu\u0308ller'.normalize('NFC'), 'Mu\u0308ller'];
    const spec = await specOf(scheme, {
      [`images/${nfd}.jpg`]: jpeg,
      [`masks/${nfc}.png`]: mask(1),
      'splits/train.txt': Buffer.from(`\uFEFF${nfd}\r\n`, 'utf16le'),
    });
    expect(await masksOf(spec)).toEqual({ [nfc]: 1 });
  });

  it('takes lists of ids, files, paths and pairs', async () => {
    const { images, masks } = layouts[scheme];
    const spec = await specOf(scheme, {
      ...Object.fromEntries(
        ['a', 'b', 'c', 'd', 'my photo 1', 'x/f', 'y/g', 'h'].map((id) => [`images/${id}.jpg`, jpeg]),
      ),
      ...Object.fromEntries(
        ['a', 'b', 'c', 'my photo 1', 'x/f', 'y/g', 'h'].map((id, i) => [`masks/${id}.png`, mask(i)]),
      ),
      'others/d 2.png': mask(7),
      'splits/train.txt': [
        '# a comment',
        `${images}\\a.jpg`,
        './b.png',
        `/${images}/c.jpg /${masks}/c.png`,
        `${images}/d.jpg,others/d 2.png`,
        'my photo 1.jpg',
        'x/f',
        'g',
        'h_mask.png',
      ].join('\r'),
    });
    const expected = { a: 0, b: 1, c: 2, d: 7, 'my photo 1': 3, 'x/f': 4, 'y/g': 5, h: 6 };
    expect(await masksOf(spec)).toEqual(expected);
  });

  it('refuses a list that names another mask than there is, or one of two', async () => {
    const files = {
      'images/a.jpg': jpeg,
      'images/b.jpg': jpeg,
      'masks/a.png': mask(1),
      'masks/b.png': mask(2),
    };
    const refused = async (changes: Files) =>
      openDataset(await specOf(scheme, { ...files, ...changes }), 'train');
    await expect(refused({ 'splits/train.txt': '/x/a.jpg /x/b.png\n' })).rejects.toThrow(
      /mask of 'a': there is no \/x\/b\.png in .*; correct the line '\/x\/a\.jpg \/x\/b\.png'/,
    );
    const two = { 'images/c.jpg': jpeg, 'masks/c_gt.png': mask(1), 'masks/c_mask.png': mask(2) };
    await expect(refused({ ...two, 'splits/train.txt': 'c\n' })).rejects.toThrow(
      /of 'c' in .*: got c_\w+\.png and c_\w+\.png/,
    );
    const twice = { 'images/x/c.jpg': jpeg, 'images/y/c.jpg': jpeg };
    await expect(refused({ ...twice, 'splits/train.txt': 'c\n' })).rejects.toThrow(
      /1 of 1 ids have no image .*: c;/,
    );
  });

  it('pairs names that differ in more than what stands behind', async () => {
    const spec = await specOf(scheme, {
      ...Object.fromEntries(
        ['image_1', 'img2', '3', 'Photo4', 'x/rgb_5'].map((id) => [`images/${id}.jpg`, jpeg]),
      ),
      'masks/mask_1.png': mask(1),
      'masks/seg2.png': mask(2),
      'masks/label-3.png': mask(3),
      'masks/photo4.PNG': mask(4),
      'masks/x/gt_5.png': mask(5),
      'splits/train.txt': 'image,mask\nIMAGE_1.JPG\nimg2\n3\nphoto4.jpg\nx/rgb_5\n',
    });
    expect(await masksOf(spec)).toEqual({ image_1: 1, img2: 2, '3': 3, Photo4: 4, 'x/rgb_5': 5 });
  });

  it('refuses a mask that could be that of two images, and leaves that of another alone', async () => {
    const images = { 'images/1.jpg': jpeg, 'images/image_1.jpg': jpeg };
    const both = await specOf(scheme, { ...images, 'masks/mask_1.png': mask(1), 'splits/train.txt': '1\n' });
    await expect(openDataset(both, 'train')).rejects.toThrow(
      /mask_1\.png: got the images '1' and 'image_1' that it could belong to, expected one; rename/,
    );
    const one = await specOf(scheme, { ...images, 'masks/1.png': mask(1), 'splits/train.txt': 'image_1\n' });
    await expect(openDataset(one, 'train')).rejects.toThrow(/1 of 1 ids have no (mask|label) .*: image_1;/);
  });

  it('names images of kinds that it cannot read', async () => {
    const spec = await specOf(scheme, {
      'images/a.HEIC': jpeg,
      'masks/a.png': mask(1),
      'splits/train.txt': 'a\n',
    });
    await expect(openDataset(spec, 'train')).rejects.toThrow(
      /; there are 1 \.heic file, which cannot be read; save them as JPEG/,
    );
  });

  it('says that JPEG masks lose detail', async () => {
    const spec = await specOf(scheme, {
      'images/a.jpg': jpeg,
      'masks/a.jpg': jpeg,
      'splits/train.txt': 'a\n',
    });
    expect((await openDataset(spec, 'train')).warnings).toEqual([
      expect.stringMatching(/^1 of 1 masks are JPEG files/),
    ]);
  });
});

describe('a look at the labels before the work', () => {
  const both = (value: number): Files => ({
    'images/a.jpg': jpeg,
    'masks/a.png': mask(value),
    'splits/train.txt': 'a\n',
  });
  const look = async (classes: string, value: number, purpose: 'train' | 'score' = 'train') => {
    const spec = await specOf('folder', { ...both(value), 'classes.txt': classes });
    return checkClasses(await openDataset(spec, 'train'), purpose);
  };

  it('refuses labels of one class and 255, unless that is said to be void', async () => {
    for (const purpose of ['train', 'score'] as const) {
      await expect(look('ground\nobject\n', 255, purpose)).rejects.toThrow(
        /contain only 'ground' \(0\) and 255, which is void and ignored; .*write 'object 255' in classes\.txt; .*'void 255'/,
      );
    }
    expect(await look('ground\nobject 255\n', 255)).toEqual([]);
    expect(await look('ground\nobject\nvoid 255\n', 255, 'score')).toEqual([]);
  });

  it('refuses them where the list has values, but none for 255, and where the classes are VOC’s', async () => {
    for (const classes of [
      'ground 0\nobject 1\n',
      'object 1\nground 0\n',
      'ground 0 0 0\nobject 255 0 0\n',
    ]) {
      await expect(look(classes, 255)).rejects.toThrow(
        /contain only 'ground' .*write 'object 255' in classes\.txt/,
      );
    }
    await expect(look(`${vocClasses.join('\n')}\n`, 255)).rejects.toThrow(/write 'NAME 255' in classes\.txt/);
  });

  it('warns before a training on labels of one class', async () => {
    for (const [classes, value] of [
      ['ground\nobject\nvoid 255\n', 255],
      ['ground\nobject\n', 0],
    ] as const) {
      expect(await look(classes, value)).toEqual([
        expect.stringMatching(/train: its labels contain only 'ground', so there is nothing to tell apart/),
      ]);
    }
  });

  it('tells classes that do not occur, and that 255 may be one', async () => {
    expect(await look('a\nb\nc\n', 1)).toEqual([
      expect.stringMatching(/1 of 3 classes occur in no label \(c\)$/),
    ]);
    const spec = await specOf('folder', {
      ...both(1),
      'images/b.jpg': jpeg,
      'masks/b.png': mask(255),
      'splits/train.txt': 'a\nb\n',
      'classes.txt': 'a\nb\nc\n',
    });
    expect(await checkClasses(await openDataset(spec, 'train'), 'train')).toEqual([
      expect.stringMatching(/\(c\); if 255 means that class and not void, write 'c 255' in classes\.txt$/),
    ]);
    expect(await look('a\nb\nc\n', 1, 'score')).toEqual([]);
    const fromOne = encode({
      width: 3,
      height: 2,
      channels: 1,
      depth: 8,
      data: Uint8Array.of(1, 1, 1, 2, 2, 2),
    });
    const counting = await specOf('folder', {
      ...both(1),
      'masks/a.png': fromOne,
      'classes.txt': 'a\nb\nc\n',
    });
    expect(await checkClasses(await openDataset(counting, 'train'), 'train')).toEqual([
      expect.stringMatching(/\(a\); if the values in the masks start at 1, write 'void 0' as the first line/),
    ]);
  });
});
