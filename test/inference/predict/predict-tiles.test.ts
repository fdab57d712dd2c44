import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeImage } from '../../../src/data/images/decode.ts';
import { decodeLabelPng } from '../../../src/data/images/label-png.ts';
import { openRows } from '../../../src/data/images/open-rows.ts';
import { predictImages } from '../../../src/inference/predict/predict.ts';
import { createSegmenter, type Segmenter } from '../../../src/inference/predict/segmenter.ts';
import { temporaryFolder, testImage, toSharp } from '../../data/helpers.ts';
import { randomModel } from '../../weights/models.ts';
import { balanceClasses } from './balance-classes.ts';

const network = randomModel({
  model: 'fcn8s-squeezenet',
  numClasses: 5,
  classes: [...'abcde'],
  width: 1 / 32,
});
let segmenter: Segmenter;
beforeAll(async () => {
  await balanceClasses(network, testImage(200, 200));
  segmenter = await createSegmenter(network, { threads: 1 });
});
afterAll(() => segmenter.release());

const image = toSharp(testImage(501, 470));

describe('predicting in tiles', () => {
  it.each([
    ['photo.jpg', image.clone().jpeg()],
    ['photo.png', image.clone().png()],
    ['gray.png', image.clone().grayscale().png()],
    ['turned.jpg', image.clone().withMetadata({ orientation: 6 }).jpeg()],
    ['alpha.png', image.clone().ensureAlpha(0.5).png()],
  ])('gives the files that it gives for the whole image: %s', async (name, encoded) => {
    const folder = await temporaryFolder();
    const file = path.join(folder, name);
    await encoded.toFile(file);
    const [whole, tiled] = [path.join(folder, 'whole'), path.join(folder, 'tiled')];
    const tiles: string[] = [];
    const onTile = (of: string, done: number, total: number) => tiles.push(`${of === file} ${done}/${total}`);
    const settings = { segmenter, images: [file], overlay: true, logits: true, onTile };
    await predictImages({ ...settings, out: whole, tile: 'off' });
    expect(tiles).toEqual([]);
    await predictImages({ ...settings, out: tiled, tile: 300 });
    expect(tiles).toEqual(['true 1/4', 'true 2/4', 'true 3/4', 'true 4/4']);

    const id = path.parse(name).name;
    expect((await readdir(tiled)).sort()).toEqual([`${id}.npy`, `${id}.overlay.png`, `${id}.png`]);
    const bytes = (of: string, ending: string) => readFile(path.join(of, id + ending));
    const npy = await bytes(tiled, '.npy');
    expect(npy.equals(await bytes(whole, '.npy'))).toBe(true);
    const [png, expected] = [await bytes(tiled, '.png'), await bytes(whole, '.png')];
    const [label, expectedLabel] = [decodeLabelPng(png, id), decodeLabelPng(expected, id)];
    expect([label.width, label.height]).toEqual([expectedLabel.width, expectedLabel.height]);
    expect(Buffer.compare(label.data, expectedLabel.data)).toBe(0);
    expect(new Set(label.data).size).toBeGreaterThan(1);
    const pixels = (of: Buffer) => sharp(of).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    expect((await pixels(png)).data.equals((await pixels(expected)).data), 'colors').toBe(true);
    const [overlay, expectedOverlay] = [
      await pixels(await bytes(tiled, '.overlay.png')),
      await pixels(await bytes(whole, '.overlay.png')),
    ];
    expect(overlay.info).toMatchObject({
      width: expectedOverlay.info.width,
      height: expectedOverlay.info.height,
    });
    expect(overlay.data.equals(expectedOverlay.data), 'overlay').toBe(true);
  });

  it('leaves nothing behind when an image turns out to be damaged', async () => {
    const folder = await temporaryFolder();
    const file = path.join(folder, 'cut.jpg');
    const jpeg = await image.clone().jpeg().toBuffer();
    await writeFile(file, jpeg.subarray(0, jpeg.length / 2));
    const out = path.join(folder, 'out');
    const predicting = predictImages({ segmenter, images: [file], out, logits: true, tile: 200 });
    await expect(predicting).rejects.toThrow(/^image .*cut\.jpg: cannot be decoded/);
    expect(await readdir(out)).toEqual([]);
  });
});

describe('rows of an image file', () => {
  it.each([
    ['jpg', image.clone().jpeg()],
    ['png', image.clone().png()],
    ['tiff', image.clone().tiff({ tile: true })],
    ['webp', image.clone().webp()],
    ['png', image.clone().png({ palette: true })],
  ])('are those of the decoded image: %s', async (ending, encoded) => {
    const file = path.join(await temporaryFolder(), `image.${ending}`);
    await encoded.toFile(file);
    const { data, width } = await decodeImage(await readFile(file), file);
    const source = await openRows(file);
    expect(source).toMatchObject({ width: 470, height: 501 });
    for (const [top, height] of [
      [0, 501],
      [100, 77],
      [500, 1],
    ] as const) {
      const rows = await source!.rows(top, height);
      expect(rows).toMatchObject({ width, height });
      expect(
        Buffer.compare(Buffer.from(rows.data), data.subarray(top * width * 3, (top + height) * width * 3)),
      ).toBe(0);
    }
  });

  it.each([
    ['to be turned', image.clone().withMetadata({ orientation: 6 }).jpeg()],
    ['with alpha', image.clone().ensureAlpha(0.5).png()],
    ['of 16 bits', image.clone().toColourspace('rgb16').png()],
    ['in CMYK', image.clone().toColourspace('cmyk').jpeg()],
  ])('are not read from an image %s', async (_, encoded) => {
    const file = path.join(await temporaryFolder(), 'image');
    await encoded.toFile(file);
    expect(await openRows(file)).toBeUndefined();
  });
});
