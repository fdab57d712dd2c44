import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { encode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { classNumbers, meaningOf } from '../../../src/data/datasets/label-meaning.ts';
import { decodeMask } from '../../../src/data/datasets/mask-labels.ts';
import { openDataset } from '../../../src/data/datasets/open.ts';
import { decodeImage } from '../../../src/data/images/decode.ts';
import { encodeLabelPng } from '../../../src/data/images/encode-label-png.ts';
import { vocPalette } from '../../../src/data/images/palette.ts';
import { remarks } from '../../../src/data/images/remarks.ts';
import { readPrediction } from '../../../src/inference/evaluate/prediction-png.ts';
import { codedSample, makePng, temporaryFolder, toSharp, writeFiles } from '../helpers.ts';
import { tiffFile } from '../tiff-writer.ts';

/** Made by peer/fixture_masks.py, with Pillow. */
const fixture = (name: string) =>
  readFile(fileURLToPath(new URL(`../../fixtures/masks/${name}`, import.meta.url)));
const expected = Array.from({ length: 5 * 13 }, (_, i) => {
  const [x, y] = [i % 13, Math.floor(i / 13)];
  return (x * 5 + y * 3 + x * y) % 4 === 0 ? 1 : 0;
});

const grayPalette = (data: number[], grays: number[]) =>
  encode({
    ...{ width: data.length, height: 1, channels: 1, depth: 8, data: Uint8Array.from(data) },
    palette: grays.map((gray) => [gray, gray, gray]),
  });
const labels = async (...[bytes, meaning]: [Uint8Array, Parameters<typeof decodeMask>[2]]) => [
  ...(await decodeMask(bytes, 'm', meaning)).data,
];
const binary = meaningOf([{ label: 0 }, { label: 1, value: 255 }]);
const byShade = meaningOf([0, 128, 255].map((value, label) => ({ label, value })));

describe('a gray mask that a program has made a palette of', () => {
  it('is told by its grays where these are the values of classes and the indices are not', async () => {
    expect(await labels(grayPalette([0, 1, 2], [0, 128, 255]), byShade)).toEqual([0, 1, 2]);
    expect(await labels(grayPalette([0, 1, 2], [255, 0, 128]), byShade)).toEqual([2, 0, 1]);
  });

  it('is told by its indices where the palette only makes classes visible', async () => {
    expect(await labels(grayPalette([0, 1, 2], [0, 128, 255]), classNumbers(3))).toEqual([0, 1, 2]);
    expect(await labels(grayPalette([0, 1], [0, 255]), classNumbers(2))).toEqual([0, 1]);
  });

  it('is refused where it may be either, with the two ways to go on, each of which does', async () => {
    const moved = grayPalette([0, 1, 2], [1, 0, 2]);
    await expect(labels(moved, classNumbers(3))).rejects.toThrow(
      /label m: got a palette in which index 0 is the gray 1, .* as colors \('road 1 1 1'\), .*\('road 0'\)/,
    );
    const asColors = meaningOf(
      [0, 1, 2].map((gray, label) => ({ label, color: [gray, gray, gray] as const })),
    );
    expect(await labels(moved, asColors)).toEqual([1, 0, 2]);
    expect(await labels(moved, meaningOf([0, 1, 2].map((value) => ({ label: value, value }))))).toEqual([
      0, 1, 2,
    ]);
    await expect(labels(grayPalette([0, 1], [255, 0]), classNumbers(2))).rejects.toThrow(
      /index 0 is the gray 255/,
    );
  });

  it('is refused as a prediction, too', async () => {
    const folder = await temporaryFolder();
    await writeFiles(folder, { 'a.png': grayPalette([0, 1, 2], [1, 0, 2]) });
    await expect(
      readPrediction(`${folder}/a.png`, { classes: ['a', 'b', 'c'], meaning: classNumbers(3) }),
    ).rejects.toThrow(
      /prediction .*a\.png: got a palette in which index 0 is the gray 1, .*; save class numbers/,
    );
  });
});

describe('a mask', () => {
  it.each(['palette.tif', 'palette.gif', 'palette.png'])('%s has palette indices', async (name) => {
    expect(await labels(await fixture(name), classNumbers(2))).toEqual(expected);
  });

  it('of one bit has white as 1, or as 255 where that is the value of a class', async () => {
    const bits = await fixture('bits.tif');
    expect(await labels(bits, binary)).toEqual(expected);
    expect(await labels(bits, classNumbers(2))).toEqual(expected);
    const png = makePng({ width: 4, height: 1, depth: 1, colorType: 0, rows: [[0b01100000]] });
    expect(await labels(png, binary)).toEqual([0, 1, 1, 0]);
    expect(await labels(png, classNumbers(2))).toEqual([0, 1, 1, 0]);
  });

  it.each([2, 4] as const)('of a TIFF of %i bits has the values that are stored', async (bits) => {
    const packed = Uint8Array.of(bits === 2 ? 0b00011011 : 0x01, ...(bits === 2 ? [] : [0x23]));
    const tiff = tiffFile(packed, [1, 4, 1], { photometric: 1, extraSamples: [], bits });
    expect(await labels(tiff, classNumbers(30))).toEqual([0, 1, 2, 3]);
  });
});

describe('a mask with an EXIF orientation of its own', () => {
  it.each([
    [1, 3],
    [1, 6],
    [6, 6],
    [3, 3],
  ])('is turned upright by it: image %i, mask %i', async (ofImage, ofMask) => {
    const { image, label } = codedSample(9, 14);
    const turned = (orientation: number) => toSharp(image).withMetadata({ orientation }).png().toBuffer();
    const upright = await decodeImage(await turned(ofMask), 'x');
    const photo = ofImage === 1 ? await toSharp(upright).png().toBuffer() : await turned(ofImage);
    const plain = Buffer.from(encodeLabelPng(label, vocPalette()));
    const exif = (await turned(ofMask)).subarray(33);
    const chunk = exif.subarray(exif.indexOf('eXIf') - 4);
    const mask = Buffer.concat([
      plain.subarray(0, 33),
      chunk.subarray(0, 12 + chunk.readUInt32BE(0)),
      plain.subarray(33),
    ]);
    const folder = await temporaryFolder();
    await writeFiles(folder, {
      'images/a.png': photo,
      'masks/a.png': mask,
      'classes.txt': Array.from({ length: 200 }, (_, i) => `c${i}\n`).join(''),
      'splits/train.txt': 'a\n',
    });
    const dataset = await openDataset(folder, 'train');
    const sample = await dataset.load(0);
    expect(sample.label.data).toEqual(upright.data.filter((_, i) => i % 3 === 0));
    expect(await dataset.loadLabel(0)).toEqual(sample.label);
    expect(sample.remarks).toContain(remarks.maskTurnsItself);
  });
});

describe('masks whose programs chose a palette for each', () => {
  const colors = { black: [0, 0, 0], red: [200, 0, 0], green: [0, 200, 0] } as const;
  const png = (palette: (keyof typeof colors)[]) =>
    encode({
      ...{ width: 2, height: 1, channels: 1, depth: 8, data: Uint8Array.of(0, 1) },
      palette: palette.map((name) => [...colors[name]]),
    });
  const photo = toSharp(codedSample(1, 2).image).png().toBuffer();
  const problemsOf = async (classes: string, ...masks: Uint8Array[]) => {
    const folder = await temporaryFolder();
    const files = masks.flatMap((mask, i) => [[`masks/${i}.png`, mask] as const]);
    const photos = await Promise.all(masks.map(async (_, i) => [`images/${i}.png`, await photo] as const));
    const lists = { 'splits/train.txt': masks.map((_, i) => `${i}\n`).join(''), 'classes.txt': classes };
    await writeFiles(folder, { ...lists, ...Object.fromEntries([...files, ...photos]) });
    const dataset = await openDataset(`folder:${folder}`, 'train');
    const problems: string[] = [];
    for (const index of masks.keys()) {
      await dataset.load(index).catch((thrown) => problems.push(thrown.message));
    }
    return problems;
  };

  it('are refused where an index has several colors, and classes.txt does not say what counts', async () => {
    const [one, other] = [png(['black', 'red']), png(['black', 'green'])];
    expect(await problemsOf('none\ncat\ndog\n', one, other)).toEqual([
      expect.stringMatching(
        /1\.png: got the color 0 200 0 at index 1 of its palette, where .*0\.png has 200 0 0, .* classes\.txt \('road 0 200 0'\)/,
      ),
    ]);
    expect(await problemsOf('none 0\ncat 1\ndog 2\n', one, other)).toEqual([]);
    expect(await problemsOf('none 0 0 0\ncat 200 0 0\ndog 0 200 0\n', one, other)).toEqual([]);
  });

  it('are read where colors differ only at indices that they do not use', async () => {
    const masks = [png(['black', 'red', 'green']), png(['black', 'red'])];
    expect(await problemsOf('none\ncat\ndog\n', ...masks)).toEqual([]);
  });
});
