import { describe, expect, it } from 'vitest';
import { checkDataset } from '../../../src/data/datasets/check/check-dataset.ts';
import { openDataset } from '../../../src/data/datasets/open.ts';
import { decodeImage } from '../../../src/data/images/decode.ts';
import { encodeLabelPng } from '../../../src/data/images/encode-label-png.ts';
import { vocPalette } from '../../../src/data/images/palette.ts';
import { remarks } from '../../../src/data/images/remarks.ts';
import { codedSample, temporaryFolder, toSharp, writeFiles } from '../helpers.ts';

/** A data set of one image that is stored turned, and a mask, whose labels are the red of its pixels. */
async function turnedSet(orientation: number, [height, width]: [number, number], maskIsUpright = false) {
  const stored = codedSample(height, width);
  const bytes = await toSharp(stored.image).withMetadata({ orientation }).png().toBuffer();
  const upright = await decodeImage(bytes, 'x');
  const redOf = ({ data }: { data: Uint8Array }) => data.filter((_, i) => i % 3 === 0);
  const mask = maskIsUpright ? { ...upright, data: redOf(upright) } : stored.label;
  const folder = await temporaryFolder();
  await writeFiles(folder, {
    'images/a.png': bytes,
    'masks/a.png': encodeLabelPng(mask, vocPalette()),
    'classes.txt': Array.from({ length: 200 }, (_, i) => `c${i}\n`).join(''),
    'splits/train.txt': 'a\n',
  });
  return {
    spec: `folder:${folder}`,
    upright,
    uprightLabels: redOf(upright),
    storedLabels: stored.label.data,
  };
}

describe('images with an EXIF orientation', () => {
  it.each([5, 6, 7, 8])(
    'turns a mask of the stored size with its image, orientation %i',
    async (orientation) => {
      const { spec, upright, uprightLabels } = await turnedSet(orientation, [9, 14]);
      const dataset = await openDataset(spec, 'train');
      const { image, label, remarks: found } = await dataset.load(0);
      expect(image).toEqual(upright);
      expect([label.width, label.height]).toEqual([9, 14]);
      expect(label.data).toEqual(uprightLabels);
      expect(await dataset.loadLabel(0)).toEqual(label);
      expect(found).toEqual([remarks.turned, remarks.maskTurned]);
    },
  );

  it('takes a mask of the upright size as it is', async () => {
    const { spec, uprightLabels } = await turnedSet(6, [9, 14], true);
    const dataset = await openDataset(spec, 'train');
    const { label, remarks: found } = await dataset.load(0);
    expect(label.data).toEqual(uprightLabels);
    expect(await dataset.loadLabel(0)).toEqual(label);
    expect(found).toEqual([remarks.turned]);
  });

  it('takes a mask that fits either way as upright, and says so', async () => {
    for (const [orientation, size] of [
      [3, [9, 14]],
      [6, [9, 9]],
    ] as const) {
      const { spec, storedLabels } = await turnedSet(orientation, [...size]);
      const dataset = await openDataset(spec, 'train');
      const { label, remarks: found } = await dataset.load(0);
      expect(label.data).toEqual(storedLabels);
      expect(await dataset.loadLabel(0)).toEqual(label);
      expect(found).toEqual([remarks.turned, remarks.maskFits]);
    }
  });

  it('counts them in a check of the data', async () => {
    const { spec } = await turnedSet(6, [9, 14]);
    const { splits } = await checkDataset(spec, { minImages: 0 });
    const messages = splits.train!.problems.map(({ message }) => message);
    expect(messages).toContain(`1 image of 1: each ${remarks.turned}: a`);
    expect(messages).toContain(`1 image of 1: each ${remarks.maskTurned}: a`);
  });
});
