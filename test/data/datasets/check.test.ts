import { encode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { checkDataset } from '../../../src/data/datasets/check/check-dataset.ts';
import { formatCheck } from '../../../src/data/datasets/check/format.ts';
import { temporaryFolder, testImage, toSharp, writeFiles } from '../helpers.ts';

type Files = Record<string, Uint8Array | string>;

/** A mask of 4 x 2 pixels. */
const mask = (...labels: number[]) =>
  encode({ width: 4, height: 2, channels: 1, depth: 8, data: Uint8Array.from(labels) });
/** Images of 4 x 2 pixels that differ by their number. */
const image = (number: number) => {
  const { width, height, data } = testImage(2, 4);
  return toSharp({ width, height, data: data.map((value) => value ^ number) })
    .png()
    .toBuffer();
};

const plain = mask(0, 0, 1, 1, 1, 1, 255, 255);

/** A data set with classes ground, road and sky. */
async function folderOf(files: Files): Promise<string> {
  const folder = await temporaryFolder();
  await writeFiles(folder, { 'classes.txt': 'ground\nroad\nsky\n', ...files });
  return `folder:${folder}`;
}

const messagesOf = (problems: readonly { severity: string; message: string }[]) =>
  problems.map(({ severity, message }) => `${severity}: ${message}`);

describe('a check of a data set', () => {
  it('counts images, sizes, pixels and classes', async () => {
    const spec = await folderOf({
      'images/a.png': await image(0),
      'images/b.png': await toSharp(testImage(3, 5)).png().toBuffer(),
      'masks/a.png': plain,
      'masks/b.png': encode({ width: 5, height: 3, channels: 1, depth: 8, data: new Uint8Array(15).fill(2) }),
      'splits/train.txt': 'a\nb\n',
    });
    const { splits } = await checkDataset(spec, { minImages: 1 });
    expect(Object.keys(splits)).toEqual(['train']);
    expect(splits.train).toMatchObject({
      images: 2,
      pixels: 23,
      voidShare: 2 / 23,
      height: { min: 2, median: 3, max: 3 },
      width: { min: 4, median: 5, max: 5 },
      classes: [
        { name: 'ground', pixels: 2, share: 2 / 21, images: 1 },
        { name: 'road', pixels: 4, share: 4 / 21, images: 1 },
        { name: 'sky', pixels: 15, share: 15 / 21, images: 1 },
      ],
    });
    expect(messagesOf(splits.train!.problems)).toEqual([
      'warning: labels of a single class (1 of 2): b',
      'warning: labels without a void (255) border (1 of 2): b',
    ]);
  });

  it('goes on behind files that cannot be used, and names every one', async () => {
    const good = await image(1);
    const broken = new TextEncoder().encode('no image');
    const spec = await folderOf({
      'images/good.png': good,
      'masks/good.png': plain,
      'images/no-mask.png': good,
      'masks/no-image.png': plain,
      'images/two.png': good,
      'images/two.jpg': good,
      'masks/two.png': plain,
      'images/both-broken.png': broken,
      'masks/both-broken.png': broken,
      'images/cut.png': good.subarray(0, 50),
      'masks/cut.png': plain,
      'images/value.png': good,
      'masks/value.png': mask(0, 1, 2, 3, 0, 0, 0, 0),
      'images/size.png': await toSharp(testImage(3, 5)).png().toBuffer(),
      'masks/size.png': plain,
      'splits/train.txt': 'good\nno-mask\nno-image\ntwo\nboth-broken\ncut\nvalue\nsize\ngood\n',
      'splits/val.txt': '\n',
      'splits/test.txt': 'good\n',
    });
    const { splits } = await checkDataset(spec, { minImages: 0 });
    const { images, problems } = splits.train!;
    expect(images).toBe(1);
    const errors = problems.filter(({ severity }) => severity === 'error');
    const expected: [RegExp, string][] = [
      [/train\.txt: got 'good' twice/, 'good'],
      [/1 of 8 ids have no image .*: no-image/, 'no-image'],
      [/got two\.(png and two\.jpg|jpg and two\.png)/, 'two'],
      [/1 of 8 ids have no mask .*: no-mask/, 'no-mask'],
      [/image .*both-broken\.png: cannot be decoded/, 'both-broken'],
      [/label .*both-broken\.png: not a PNG/, 'both-broken'],
      [/image .*cut\.png: cannot be decoded/, 'cut'],
      [/label .*value\.png: got value 3 at x 3, y 0/, 'value'],
      [/label .*size\.png: got 4x2 pixels, expected 5x3/, 'size'],
    ];
    for (const [index, [message, id]] of expected.entries()) {
      expect(errors[index]?.message).toMatch(message);
      expect(errors[index]?.ids).toEqual([id]);
    }
    expect(errors).toHaveLength(expected.length);
    expect(messagesOf(splits.val!.problems)).toEqual([
      expect.stringMatching(/^error: split .*val\.txt: it is empty/),
    ]);
    expect(splits.val).toMatchObject({ images: 0, voidShare: null, height: null, suggestions: [] });
    expect(splits.test!.images).toBe(1);
  });

  it('finds the same image in two splits by its id and by its pixels, in one split by its pixels', async () => {
    const [one, two, three] = [await image(1), await image(2), await image(3)];
    const names = { a: one, b: two, 'b-again': two, c: three, 'a-in-val': one };
    const files = Object.entries(names).flatMap(([id, pixels]) => [
      [`images/${id}.png`, pixels],
      [`masks/${id}.png`, plain],
    ]);
    const spec = await folderOf({
      ...Object.fromEntries(files),
      'splits/train.txt': 'a\nb\nb-again\n',
      'splits/val.txt': 'b\na-in-val\nc\n',
      'splits/test.txt': 'c\n',
    });
    const { splits } = await checkDataset(spec, { minImages: 0 });
    const about = (split: string) =>
      messagesOf(splits[split]!.problems).filter((message) => !/classes in no label/.test(message));
    expect(about('train')).toEqual([
      'warning: 2 images have the same pixels as another: b = b-again',
      'warning: leak: 1 image also in val: b',
      'warning: leak: 2 images with the same pixels as one in val: a = a-in-val, b-again = b',
    ]);
    expect(about('val')).toEqual([
      'warning: leak: 1 image also in train: b',
      'warning: leak: 1 image with the same pixels as one in train: a-in-val = a',
      'warning: overlap: 1 image also in test: c',
    ]);
    expect(about('test')).toEqual(['warning: overlap: 1 image also in val: c']);
  });

  it('suggests what to do', async () => {
    const { train, val } = (await checkDataset('shapes:?train=3&val=2&size=64&classes=4', { minImages: 30 }))
      .splits;
    expect(train!.suggestions).toEqual([
      expect.stringMatching(/^fewer than 30 images: background \(3\), .*merge/),
      'all images are 64x64: --native-size works with any --batch-size',
    ]);
    expect(val!.suggestions).toHaveLength(1);

    const folder = await temporaryFolder();
    const sizes = { a: [40, 70], b: [70, 40], c: [70, 70] } as const;
    for (const [id, [height, width]] of Object.entries(sizes)) {
      const data = new Uint8Array(height * width).fill(1);
      data[0] = 0;
      await writeFiles(folder, {
        [`images/${id}.png`]: await toSharp(testImage(height, width)).png().toBuffer(),
        [`masks/${id}.png`]: encode({ width, height, channels: 1, depth: 8, data }),
      });
    }
    await writeFiles(folder, {
      'classes.txt': 'ground\nroad\nsky\n',
      'images/sky.png': await image(1),
      'masks/sky.png': mask(2, 2, 2, 2, 2, 2, 2, 2),
      'splits/train.txt': 'a\nb\nc\n',
      'splits/val.txt': 'sky\n',
    });
    const mixed = await checkDataset(`folder:${folder}`, { minImages: 2 });
    expect(mixed.splits.train!.suggestions).toEqual([
      'in val but not here, so they cannot be learned (sky); add images',
      // 3 of 40 * 70 + 70 * 40 + 70 * 70 = 10500 pixels are ground: 10497 / 3
      'class frequencies differ by a factor of 3499: try --class-weights balanced',
      'image sizes differ: --crop 64x64 lets images share a batch; --native-size needs --batch-size 1',
    ]);
  });

  it('suspects that 255 means a class when there is no other', async () => {
    const binary = mask(0, 0, 0, 255, 255, 0, 0, 0);
    const spec = await folderOf({
      'images/a.png': await image(0),
      'masks/a.png': binary,
      'splits/train.txt': 'a\n',
    });
    const { train } = (await checkDataset(spec, { minImages: 0 })).splits;
    expect(train!.suggestions[0]).toMatch(
      /^nothing but void \(255\) and ground occurs: if 255 is a class in the masks/,
    );
  });

  it('is written as text, long lists shortened', async () => {
    const ids = Array.from({ length: 30 }, (_, i) => `id${i}`);
    const spec = await folderOf({
      'images/a.png': await image(0),
      'masks/a.png': plain,
      ...Object.fromEntries(
        ids.flatMap((id) => [
          [`images/${id}.png`, 'x'],
          [`masks/${id}.png`, plain],
        ]),
      ),
      'splits/train.txt': `a\n${ids.join('\n')}\n`,
    });
    const text = formatCheck(await checkDataset(spec, { minImages: 0 }));
    expect(text).toMatch(/^folder:\S+ train\n1 image, height 2\/2\/2, width 4\/4\/4, 25\.00 % void\n/);
    expect(text).toMatch(/^road {13}4 {5}66\.67 % {11}1$/m);
    expect(text.match(/^ {2}error: /gm)).toHaveLength(20);
    expect(text).toMatch(/\.\.\. and 11 more \(--json FILE lists all\)/);
  });
});
