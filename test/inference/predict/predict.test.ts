import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { decodeLabelPng } from '../../../src/data/images/label-png.ts';
import { predictImages } from '../../../src/inference/predict/predict.ts';
import { createSegmenter, type Segmenter } from '../../../src/inference/predict/segmenter.ts';
import { temporaryFolder, testImage, toSharp } from '../../data/helpers.ts';
import { fixtureWeights, randomModel } from '../../weights/models.ts';

let segmenter: Segmenter;
beforeAll(async () => {
  const { config } = randomModel({
    numClasses: 5,
    width: 3 / 128,
    classes: ['sky', 'sea', 'sand', 'sun', 'ship'],
  });
  segmenter = await createSegmenter({ config, weights: await fixtureWeights('fcn8s') }, { threads: 1 });
});
afterAll(() => segmenter.release());

let folder: string;
let out: string;
beforeEach(async () => {
  folder = await temporaryFolder();
  out = path.join(folder, 'deep', 'out');
});

async function writeImage(name: string, height: number, width: number): Promise<string> {
  const file = path.join(folder, name);
  await mkdir(path.dirname(file), { recursive: true });
  await toSharp(testImage(height, width)).toFile(file);
  return file;
}

async function readLabel(name: string) {
  const file = path.join(out, name);
  return decodeLabelPng(await readFile(file), file);
}

/** Shape and values of a float32 .npy file, after the description of the format. */
async function readNpy(name: string): Promise<{ shape: number[]; data: Float32Array }> {
  const bytes = await readFile(path.join(out, name));
  const start = 10 + bytes.readUInt16LE(8);
  const header = bytes.toString('latin1', 10, start);
  expect(header).toContain("'<f4', 'fortran_order': False");
  const shape = /\(([\d, ]+)\)/.exec(header)![1]!.split(',').map(Number);
  return { shape, data: new Float32Array(bytes.buffer.slice(bytes.byteOffset + start)) };
}

describe('predictImages', () => {
  it('writes a palette PNG of the size of each image, and nothing else unless asked to', async () => {
    const images = [await writeImage('a.png', 26, 37), await writeImage('sub/b.png', 15, 9)];
    const progress: number[][] = [];
    await predictImages({ segmenter, images, out, onProgress: (...counts) => progress.push(counts) });
    expect(await readdir(out)).toEqual(['a.png', 'b.png']);
    expect(progress).toEqual([
      [1, 2],
      [2, 2],
    ]);
    expect(await readLabel('a.png')).toEqual(await segmenter.segment(testImage(26, 37)));
    expect(await readLabel('b.png')).toEqual(await segmenter.segment(testImage(15, 9)));
    const png = await readFile(path.join(out, 'a.png'));
    // PNG: 8 bits, color type 3; the palette begins with VOC's black, dark red, dark green.
    expect([...png.subarray(24, 26)]).toEqual([8, 3]);
    const palette = png.subarray(png.indexOf('PLTE') + 4);
    expect([...palette.subarray(0, 9)]).toEqual([0, 0, 0, 128, 0, 0, 0, 128, 0]);
  });

  it('writes scores whose argmax is the PNG, and an overlay that has the image at its upper left', async () => {
    const image = testImage(26, 37);
    await predictImages({
      ...{ segmenter, images: [await writeImage('a.png', 26, 37)], out },
      ...{ overlay: true, logits: true, size: { height: 41, width: 50 } },
    });
    expect(await readdir(out)).toEqual(['a.npy', 'a.overlay.png', 'a.png']);
    const { shape, data } = await readNpy('a.npy');
    const label = await readLabel('a.png');
    expect(shape).toEqual([5, 26, 37]);
    expect(label).toEqual(await segmenter.segment(image, { height: 41, width: 50 }));
    label.data.forEach((value, pixel) => {
      const scores = Array.from({ length: 5 }, (_, c) => data[c * 26 * 37 + pixel]!);
      expect(scores.indexOf(Math.max(...scores))).toBe(value);
    });
    const overlay = await sharp(path.join(out, 'a.overlay.png')).raw().toBuffer({ resolveWithObject: true });
    expect(overlay.info.height).toBeGreaterThan(26);
    const red = [0, 128, 0, 128, 0][label.data[0]!]!;
    expect(overlay.data[0]).toBe(Math.round((image.data[0]! + red) / 2));
  });

  it('turns a photograph upright', async () => {
    const file = path.join(folder, 'photo.png');
    await toSharp(testImage(20, 30)).withMetadata({ orientation: 6 }).toFile(file);
    await predictImages({ segmenter, images: [file], out });
    expect(await readLabel('photo.png')).toMatchObject({ width: 20, height: 30 });
  });

  it('refuses images whose results have the same name, before anything is written', async () => {
    const images = [await writeImage('a.jpg', 8, 8), await writeImage('b/a.png', 8, 8)];
    await expect(predictImages({ segmenter, images, out })).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining(
        `got ${images[0]} and ${images[1]}, whose results would both be a.png`,
      ),
    });
    const pair = [await writeImage('c.jpg', 8, 8), await writeImage('c.overlay.jpg', 8, 8)];
    await expect(predictImages({ segmenter, images: pair, out, overlay: true })).rejects.toThrow(
      /both be c\.overlay\.png/,
    );
    expect(await readdir(folder)).not.toContain('deep');
    await predictImages({ segmenter, images: pair, out });
    expect(await readdir(out)).toEqual(['c.overlay.png', 'c.png']);
  });

  it('refuses to write over an image, wherever its folder is called so', async () => {
    const image = await writeImage('images/a.png', 8, 8);
    const before = await readFile(image);
    await symlink(path.join(folder, 'images'), path.join(folder, 'link'));
    for (const place of ['images', 'link']) {
      await expect(
        predictImages({ segmenter, images: [image], out: path.join(folder, place) }),
      ).rejects.toThrow(/a\.png: is where a result would be written/);
    }
    expect(await readFile(image)).toEqual(before);
  });

  it('names an image that is missing or broken', async () => {
    const broken = path.join(folder, 'broken.jpg');
    await writeFile(broken, 'no image');
    const good = await writeImage('good.png', 8, 8);
    await expect(predictImages({ segmenter, images: [good, broken], out })).rejects.toThrow(
      /broken\.jpg: cannot be/,
    );
    expect(await readdir(out)).toEqual(['good.png']);
    const missing = path.join(folder, 'missing.jpg');
    await expect(predictImages({ segmenter, images: [missing], out })).rejects.toMatchObject({
      exitCode: 2,
      message: `cannot read the image ${missing}: there is no such file or folder`,
    });
    const nowhere = path.join(folder, 'nowhere');
    await expect(predictImages({ segmenter, images: [broken], out: nowhere })).rejects.toThrow(/broken/);
    expect(existsSync(nowhere), 'no result, no folder').toBe(false);
  });
});
