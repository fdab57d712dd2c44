import { encode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { openDataset, splitsOf } from '../../../src/data/datasets/open.ts';
import { temporaryFolder, testImage, toSharp, writeFiles } from '../helpers.ts';

const jpeg = await toSharp(testImage(2, 3)).jpeg().toBuffer();
const gray = encode({ width: 3, height: 2, channels: 1, depth: 8, data: Uint8Array.of(0, 1, 1, 0, 255, 1) });

type Files = Record<string, Uint8Array | string>;

/** Images `ids` with the same mask; `changes` adds and replaces files. */
async function folderOf(ids: string[], changes: Files = {}, mask: Uint8Array = gray): Promise<string> {
  const folder = await temporaryFolder();
  const pairs = ids.flatMap((id) => [
    [`images/${id}.jpg`, jpeg],
    [`masks/${id}.png`, mask],
  ]);
  await writeFiles(folder, { 'classes.txt': 'ground\nroad\n', ...Object.fromEntries(pairs), ...changes });
  return folder;
}

const numbered = (n: number) => Array.from({ length: n }, (_, i) => `photo-${i}`);

describe('folder:', () => {
  it('reads images and masks of the splits that are written down', async () => {
    const splits = { 'splits/train.txt': 'a b\r\nc.JPG\n', 'splits/test.txt': 'b\n' };
    const folder = await folderOf(['a b', 'b', 'c'], splits);
    expect(await splitsOf(`folder:${folder}`)).toEqual(['test', 'train']);
    const train = await openDataset(`folder:${folder}`, 'train');
    expect(train.ids).toEqual(['a b', 'c']);
    expect(train.classes).toEqual(['ground', 'road']);
    const { image, label } = await train.load(0);
    expect(image).toMatchObject({ width: 3, height: 2 });
    expect([...label.data]).toEqual([0, 1, 1, 0, 255, 1]);
    await expect(openDataset(`folder:${folder}`, 'val')).rejects.toThrow(/expected one of: test, train$/);
  });

  it('draws train and val by the ids alone: images that come later move no other', async () => {
    const draw = async (n: number) => {
      const spec = `folder:${await folderOf(numbered(n))}`;
      const [train, val] = [await openDataset(spec, 'train'), await openDataset(spec, 'val')];
      return { train: new Set(train.ids), val: new Set(val.ids) };
    };
    const [few, many] = [await draw(100), await draw(300)];
    expect([...many.train, ...many.val].sort()).toEqual(numbered(300).sort());
    // 80 %: within three standard deviations, sqrt(300 * 0.8 * 0.2) = 7
    expect(Math.abs(many.train.size - 240)).toBeLessThan(21);
    for (const id of few.train) expect(many.train).toContain(id);
    for (const id of few.val) expect(many.val).toContain(id);
  });

  it('says so when a drawn split is empty', async () => {
    const spec = `folder:${await folderOf(['only'])}`;
    const opened = await Promise.allSettled(['train', 'val'].map((split) => openDataset(spec, split)));
    const refused = opened.filter((result) => result.status === 'rejected');
    expect(refused).toHaveLength(1);
    expect(String(refused[0]!.reason)).toMatch(
      /images: got 1 with a mask, expected at least 2, one each for train and val/,
    );
    await expect(openDataset(spec, 'test')).rejects.toThrow(/expected one of: train, val/);
  });

  it("takes VOC's lists where it is called on VOC's layout", async () => {
    const folder = await temporaryFolder();
    const lists = 'ImageSets/Segmentation';
    await writeFiles(folder, {
      ...Object.fromEntries(['a', 'b', 'c'].map((id) => [`JPEGImages/${id}.png`, ''])),
      ...Object.fromEntries(['a', 'b', 'c'].map((id) => [`SegmentationClass/${id}.png`, ''])),
      ...{ 'classes.txt': 'x\ny\n', [`${lists}/train.txt`]: 'c\n', [`${lists}/val.txt`]: 'b\na\n' },
    });
    expect((await openDataset(`folder:${folder}`, 'train')).ids).toEqual(['c']);
    expect((await openDataset(`folder:${folder}`, 'val')).ids).toEqual(['b', 'a']);
  });

  it('names what is missing', async () => {
    const folder = await temporaryFolder();
    await expect(openDataset(`folder:${folder}`, 'train')).rejects.toThrow(
      /cannot read the class names .*classes\.txt/,
    );
    await expect(openDataset('folder:', 'train')).rejects.toThrow(/expected folder:DIR/);
    const noMask = await folderOf([], {
      'images/a.jpg': jpeg,
      'splits/train.txt': 'a\n',
      'masks/b.png': gray,
    });
    await expect(openDataset(`folder:${noMask}`, 'train')).rejects.toThrow(
      /1 of 1 ids have no mask in .*masks: a/,
    );
  });
});

describe('folders of other names', () => {
  const classes = { 'classes.txt': 'ground\nroad\n' };
  /** The ids of each split. */
  const idsOf = async (files: Files) => {
    const folder = await temporaryFolder();
    await writeFiles(folder, { ...classes, ...files });
    const splits = await splitsOf(folder);
    const opened = await Promise.all(splits.map((split) => openDataset(folder, split)));
    for (const dataset of opened) {
      for (const index of dataset.ids.keys()) expect((await dataset.load(index)).label.data[1]).toBe(1);
    }
    return Object.fromEntries(opened.map(({ ids }, i) => [splits[i], ids]));
  };
  const pair = (image: string, mask: string) => ({ [`${image}.jpg`]: jpeg, [`${mask}.png`]: gray });

  it.each([
    ['image', 'label'],
    ['Images', 'Masks'],
    ['imgs', 'masks'],
    ['img_dir', 'ann_dir'],
    ['inputs', 'targets'],
    ['img', 'ann'],
    ['JPEGImages', 'SegmentationClass'],
  ])('are seen: %s and %s', async (images, masks) => {
    const files = { ...pair(`${images}/a`, `${masks}/a`), ...pair(`${images}/b`, `${masks}/b_mask`) };
    expect(await idsOf(files)).toEqual({ train: [expect.any(String)], val: [expect.any(String)] });
  });

  it('hold splits in folders below', async () => {
    const [train, val] = [
      pair('images/training/a', 'annotations/training/a'),
      pair('images/valid/b', 'annotations/valid/b'),
    ];
    expect(await idsOf({ ...train, ...val })).toEqual({ train: ['training/a'], val: ['valid/b'] });
  });

  it('are those of each split, whose images may have the same names', async () => {
    const test = { ...pair('test/image/0', 'test/label/0'), ...pair('test/image/1', 'test/label/1') };
    const files = { ...pair('train/image/0', 'train/label/0'), ...test };
    expect(await idsOf(files)).toEqual({ train: ['train/0'], test: ['test/0', 'test/1'] });
  });

  it('lie beside each other, the masks with a word behind', async () => {
    const files = { ...pair('train/0', 'trainannot/0'), ...pair('val/0', 'valannot/0') };
    expect(await idsOf(files)).toEqual({ train: ['train/0'], val: ['val/0'] });
    const flat = { ...pair('train_images/x', 'train_masks/x'), ...pair('test_images/x', 'test_masks/x') };
    expect(await idsOf(flat)).toEqual({ train: ['train/x'], test: ['test/x'] });
  });

  it('are all there is where only those of train are there', async () => {
    const files = { ...pair('train/image/0', 'train/label/0'), ...pair('train/image/1', 'train/label/1') };
    expect(await idsOf(files)).toEqual({
      train: [expect.stringMatching(/^[01]$/)],
      val: [expect.any(String)],
    });
  });

  it('may be one folder, the masks with a word behind their names or of another kind', async () => {
    const files = { ...pair('0', '0_mask'), ...pair('1', '1_mask'), 'Thumbs.db': '' };
    expect(await idsOf(files)).toEqual({ train: [expect.any(String)], val: [expect.any(String)] });
    expect(await idsOf({ ...pair('0', '0'), ...pair('1', '1') })).toEqual({
      train: [expect.stringMatching(/^[01]$/)],
      val: [expect.stringMatching(/^[01]$/)],
    });
    const splits = { ...pair('train/0', 'train/0_mask'), ...pair('val/0', 'val/0_mask') };
    expect(await idsOf(splits)).toEqual({ train: ['train/0'], val: ['val/0'] });
  });

  it('may lie in the only folder beside the list of classes', async () => {
    const files = { ...pair('data/images/0', 'data/masks/0'), ...pair('data/images/1', 'data/masks/1') };
    expect(await idsOf(files)).toEqual({ train: [expect.any(String)], val: [expect.any(String)] });
    const splits = {
      ...pair('set/train/images/0', 'set/train/masks/0'),
      ...pair('set/val/a', 'set/val/a_mask'),
    };
    expect(await idsOf(splits)).toEqual({ train: ['train/0'], val: ['val/a'] });
  });

  it('may lie in the only folder that an archive held', async () => {
    const folder = await temporaryFolder();
    await writeFiles(folder, { 'data/classes.txt': classes['classes.txt'], 'README.md': '' });
    const files = { ...pair('data/images/0', 'data/masks/0'), ...pair('data/images/1', 'data/masks/1') };
    await writeFiles(folder, files);
    expect((await openDataset(folder, 'train')).ids).toHaveLength(1);
  });

  it.each(['Classes.txt', 'class_dict.csv', 'classes.csv', 'labels.txt'])(
    'have the classes of %s where there is no classes.txt',
    async (name) => {
      const folder = await temporaryFolder();
      const list = name.endsWith('.csv')
        ? 'name,r,g,b\nground,0,0,0\nroad,9,9,9\n'
        : '__ignore__\nground\nroad\n';
      await writeFiles(folder, {
        [name]: list,
        ...pair('images/0', 'masks/0'),
        ...pair('images/1', 'masks/1'),
      });
      expect((await openDataset(folder, 'train')).classes).toEqual(['ground', 'road']);
    },
  );

  it('name a split that is not there, and what there is', async () => {
    const folder = await temporaryFolder();
    const files = { ...pair('train/image/0', 'train/label/0'), ...pair('test/image/0', 'test/label/0') };
    await writeFiles(folder, { ...classes, ...files });
    await expect(openDataset(folder, 'val')).rejects.toThrow(/split 'val': .* expected one of: train, test$/);
  });
});

describe('a list of classes that is not there', () => {
  const missing = async (values: number[]) => {
    const data = Uint8Array.from([...values, ...values, ...values].slice(0, 6));
    const folder = await temporaryFolder();
    const mask = encode({ width: 3, height: 2, channels: 1, depth: 8, data });
    await writeFiles(folder, { 'images/a.jpg': jpeg, 'masks/a.png': mask });
    return expect(openDataset(`folder:${folder}`, 'train')).rejects;
  };

  it('is asked for with what the masks hold', async () => {
    await (await missing([0, 255])).toThrow(
      /no such file; the masks contain 0, 255: .* such as 'background 0', 'NAME 255' \('void 255' if/,
    );
    await (await missing([3, 1, 2])).toThrow(/contain 1, 2, 3: .* such as 'NAME 1', 'NAME 2', 'NAME 3'$/);
  });
});

describe('masks in colors', () => {
  const classes = 'ground 10 20 30\nred road 200 0 0\nvoid 9 9 9\n';
  const colors = [
    [10, 20, 30],
    [200, 0, 0],
    [9, 9, 9],
    [224, 224, 192],
    [10, 20, 30],
    [200, 0, 0],
  ];
  const split = { 'splits/train.txt': 'a\n' };
  const rgb = encode({ width: 3, height: 2, channels: 3, depth: 8, data: Uint8Array.from(colors.flat()) });

  async function labelOf(mask: Uint8Array, classList = classes) {
    const folder = await folderOf(['a'], { ...split, 'classes.txt': classList }, mask);
    const dataset = await openDataset(`folder:${folder}`, 'train');
    return { classes: dataset.classes, label: await dataset.loadLabel(0) };
  }

  it('become classes by the colors in classes.txt; void and the border of VOC do not count', async () => {
    const { classes: names, label } = await labelOf(rgb);
    expect(names).toEqual(['ground', 'red road']);
    expect([...label.data]).toEqual([0, 1, 255, 255, 0, 1]);
    const rgba = colors.flatMap((color, i) => [...color, i * 40 + 1]);
    const data = Uint8Array.from(rgba);
    const { label: withAlpha } = await labelOf(encode({ width: 3, height: 2, channels: 4, depth: 8, data }));
    expect(withAlpha.data).toEqual(label.data);
  });

  it('are not needed: gray masks hold class numbers all the same', async () => {
    expect([...(await labelOf(gray)).label.data]).toEqual([0, 1, 1, 0, 255, 1]);
  });

  const palette = [
    [0, 0, 0],
    [200, 0, 0],
    [9, 9, 9],
    [224, 224, 192],
    [10, 20, 30],
  ];
  const indexed = (data: number[], colorsOfIndices = palette) =>
    encode({
      width: 3,
      height: 2,
      channels: 1,
      depth: 8,
      data: Uint8Array.from(data),
      palette: colorsOfIndices,
    });

  it('may be those of a palette in an order of its own', async () => {
    expect([...(await labelOf(indexed([4, 1, 2, 3, 4, 1]))).label.data]).toEqual([0, 1, 255, 255, 0, 1]);
    // Without colors in the list, it is the index that counts.
    const byIndex = await labelOf(indexed([0, 1, 1, 0, 1, 0]), 'ground\nroad\n');
    expect([...byIndex.label.data]).toEqual([0, 1, 1, 0, 1, 0]);
  });

  it('are refused where a palette has others, even if its indices are classes', async () => {
    await expect(labelOf(indexed([1, 1, 1, 1, 0, 1]))).rejects.toThrow(
      /a\.png: got palette index 0, color 0 0 0, at x 1, y 1, expected a color of classes\.txt; .*leave the colors out/,
    );
    await expect(labelOf(indexed([1, 7, 1, 1, 1, 1]))).rejects.toThrow(
      /got palette index 7, no color, at x 1, y 0/,
    );
  });

  it('are refused without a list of colors, and where a color is in no list', async () => {
    await expect(labelOf(rgb, 'ground\nroad\n')).rejects.toThrow(/a\.png: got RGB pixels.*'road 128 64 128'/);
    await expect(labelOf(rgb, 'ground 10 20 30\nroad 1 2 3\n')).rejects.toThrow(
      /got RGB pixels with color 200 0 0 at x 1, y 0, expected one of classes\.txt/,
    );
    await expect(labelOf(rgb.subarray(0, rgb.length - 20))).rejects.toThrow(/a\.png: damaged PNG/);
  });

  it('need a list that is clear', async () => {
    await expect(labelOf(rgb, 'a 1 2 3\nb\n')).rejects.toThrow(/got 'b', expected a color/);
    await expect(labelOf(rgb, 'a 1 2 3\nb 1 2 256\n')).rejects.toThrow(
      /got 'b 1 2 256', expected a color \(three times 0\.\.255/,
    );
    await expect(labelOf(rgb, 'a 1 2 3\nb 1 2 3\n')).rejects.toThrow(/got the color 1 2 3 twice/);
    await expect(labelOf(rgb, 'a 1 2 3\na 1 2 4\n')).rejects.toThrow(/got 'a' twice/);
    await expect(labelOf(rgb, 'void 1 2 3\n')).rejects.toThrow(/only void/);
    await expect(labelOf(rgb, 'a 1 2 3\nvoid 0 0 0\nb 1 2 4\n')).rejects.toThrow(
      /got 'b' on line 3, after void, expected void at the end/,
    );
    const twice = 'ground 10 20 30\nroad 200 0 0\nvoid 9 9 9\nvoid 0 0 0\n';
    expect((await labelOf(indexed([0, 1, 2, 3, 4, 1]), twice)).label.data[0]).toBe(255);
  });
});
