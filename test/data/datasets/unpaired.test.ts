import { encode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { checkDataset } from '../../../src/data/datasets/check/check-dataset.ts';
import { countDataset, openDataset, splitsOf } from '../../../src/data/datasets/open.ts';
import { temporaryFolder, testImage, toSharp, writeFiles } from '../helpers.ts';

const photo = await toSharp(testImage(2, 3)).jpeg().toBuffer();
const mask = encode({ width: 3, height: 2, channels: 1, depth: 8, data: Uint8Array.of(0, 1, 1, 1, 0, 0) });

/** A folder with these photos and masks, by their names without extension. */
async function folderOf(
  photos: string[],
  masks: string[],
  more: Record<string, string> = {},
): Promise<string> {
  const folder = await temporaryFolder();
  await writeFiles(folder, {
    'classes.txt': 'ground\nroad\n',
    ...Object.fromEntries(photos.map((name) => [`images/${name}.jpg`, photo])),
    ...Object.fromEntries(masks.map((name) => [`masks/${name}.png`, mask])),
    ...more,
  });
  return `folder:${folder}`;
}

async function look(spec: string): Promise<{ ids: string[]; warnings: string[]; problems: string[] }> {
  const [ids, warnings, problems]: [string[], string[], string[]] = [[], [], []];
  for (const split of await splitsOf(spec)) {
    const dataset = await openDataset(spec, split, ({ message }) => problems.push(message));
    ids.push(...dataset.ids);
    warnings.push(...(dataset.warnings ?? []));
  }
  return { ids: ids.sort(), warnings: [...new Set(warnings)], problems: [...new Set(problems)] };
}

const labeled = ['a', 'b', 'c', 'd'];

describe('folder: without lists', () => {
  it('leaves out images that nobody has labeled, and says which', async () => {
    const spec = await folderOf([...labeled, 'x', 'y'], labeled);
    const { ids, warnings, problems } = await look(spec);
    expect(ids).toEqual(labeled);
    expect(problems).toEqual([]);
    expect(warnings).toEqual([
      expect.stringMatching(/^left out: 2 of 6 images in .*images have no mask \(x, y\)$/),
    ]);
    const { splits } = await checkDataset(spec);
    expect(splits.train!.problems).toContainEqual(
      expect.objectContaining({
        severity: 'warning',
        message: expect.stringContaining('have no mask (x, y)'),
      }),
    );
  });

  it('draws the labeled images as if the others were not there', async () => {
    const [all, few] = [await folderOf([...labeled, 'x', 'y'], labeled), await folderOf(labeled, labeled)];
    for (const split of ['train', 'val']) {
      expect((await openDataset(all, split)).ids).toEqual((await openDataset(few, split)).ids);
    }
  });

  it('says which masks have no image', async () => {
    const { ids, warnings } = await look(await folderOf(labeled, [...labeled, 'gone']));
    expect(ids).toEqual(labeled);
    expect(warnings).toEqual([
      expect.stringMatching(/^left out: 1 mask in .*masks has no image \(gone\.png\)$/),
    ]);
  });

  it('refuses images and masks that probably belong together', async () => {
    const spec = await folderOf([...labeled, 'x1'], [...labeled, 'y1']);
    const { ids, problems } = await look(spec);
    expect(ids).toEqual(labeled);
    expect(problems).toEqual([
      expect.stringMatching(
        /1 of 5 images in .* have no mask \(x1\), and 1 mask in .* has no image \(y1\.png\), expected the same names; rename/,
      ),
    ]);
    await expect(openDataset(spec, 'train')).rejects.toThrow(/expected the same names/);
  });

  it('has no split of a folder whose images nobody has labeled', async () => {
    const spec = await folderOf(['train/a', 'val/b', 'test/c'], ['train/a', 'val/b']);
    expect(await splitsOf(spec)).toEqual(['train', 'val']);
    expect((await look(spec)).warnings).toEqual([expect.stringContaining('1 of 3 images')]);
  });
});

it('refuses a listed image without a mask: somebody wants it', async () => {
  const spec = await folderOf([...labeled, 'x'], labeled, { 'splits/train.txt': 'a\nx\n' });
  await expect(openDataset(spec, 'train')).rejects.toThrow(
    /1 of 2 ids have no mask in .*: x; .*; add what is missing, or take these ids out of the split/,
  );
});

it('names the folder in which masks lie deeper than their images', async () => {
  const spec = await folderOf(labeled, ['png/a', 'png/b', 'png/c', 'png/d']);
  await expect(countDataset(spec)).rejects.toThrow(/4 of 4 images/);
  await expect(openDataset(spec, 'train')).rejects.toThrow(
    /4 of 4 images in .* have no mask \(a, b, c, d\), and 4 masks in .* have no image \(png\/a\.png, /,
  );
});

it('reads tables of images and masks as lists', async () => {
  const rows = (...names: string[]) =>
    `image,mask\n${names.map((name) => `images/${name}.jpg,masks/${name}.png\n`).join('')}`;
  const lists = { 'splits/train.csv': rows('a', 'b', 'c'), 'splits/val.csv': rows('d') };
  const spec = await folderOf(labeled, labeled, lists);
  expect(await splitsOf(spec)).toEqual(['train', 'val']);
  expect((await openDataset(spec, 'train')).ids).toEqual(['a', 'b', 'c']);
  expect((await openDataset(spec, 'val')).ids).toEqual(['d']);
});
