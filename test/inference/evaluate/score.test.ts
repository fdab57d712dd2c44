import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { encode } from 'fast-png';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Dataset } from '../../../src/data/datasets/dataset.ts';
import { classNumbers, meaningOf } from '../../../src/data/datasets/label-meaning.ts';
import { encodeLabelPng } from '../../../src/data/images/encode-label-png.ts';
import type { LabelImage } from '../../../src/data/images/image.ts';
import { vocPalette } from '../../../src/data/images/palette.ts';
import { scorePredictions } from '../../../src/inference/evaluate/score.ts';

const truth: LabelImage = { width: 3, height: 2, data: Uint8Array.from([0, 0, 15, 2, 2, 255]) };
const classes = Array.from({ length: 21 }, (_, i) => `class ${i}`);

/** A data set of two images, `first` and `second`, with the same label. */
const dataset: Dataset = {
  name: 'test',
  classes,
  ids: ['first', 'second'],
  load: () => Promise.reject(new Error('scoring needs no images')),
  loadLabel: async () => truth,
  imageSource: () => '',
};

// Colors as PASCAL VOC publishes them.
const black = [0, 0, 0];
const bicycle = [0, 128, 0];
const person = [192, 128, 128];
const voidColor = [224, 224, 192];

describe('scorePredictions', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'fcn-score-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const write = (id: string, png: Uint8Array) => writeFile(path.join(folder, `${id}.png`), png);
  const score = () => scorePredictions({ dataset, predictions: folder });
  const palettePng = (...labels: number[]) =>
    encodeLabelPng({ width: 3, height: 2, data: Uint8Array.from(labels) }, vocPalette());
  const rgbPng = (...colors: number[][]) =>
    sharp(Uint8Array.from(colors.flat()), { raw: { width: 3, height: 2, channels: 3 } })
      .png({ palette: false })
      .toBuffer();

  it('reads palette PNGs and RGB PNGs in the colors of VOC alike', async () => {
    await write('first', palettePng(0, 15, 15, 2, 0, 0));
    await write('second', await rgbPng(black, person, person, bicycle, black, voidColor));
    const metrics = await score();
    expect(metrics.images).toBe(2);
    expect(metrics.pixels).toBe(10);
    expect(metrics.classes[0]).toMatchObject({ name: 'class 0', iou: 1 / 3, accuracy: 1 / 2, pixels: 4 });
    expect(metrics.classes[2]).toMatchObject({ name: 'class 2', iou: 1 / 2, accuracy: 1 / 2, pixels: 4 });
    expect(metrics.classes[15]).toMatchObject({ name: 'class 15', iou: 1 / 2, accuracy: 1, pixels: 2 });
    expect(metrics.confusionMatrix[0]![15]).toBe(2);
  });

  describe('against masks of 0 and 255', () => {
    const binary: Dataset = {
      ...dataset,
      classes: ['ground', 'object'],
      ids: ['first'],
      loadLabel: async () => ({ ...truth, data: Uint8Array.of(0, 0, 1, 1, 1, 255) }),
      meaning: meaningOf([{ label: 0 }, { label: 1, value: 255 }]),
    };
    const gray = (...values: number[]) =>
      encode({ width: 3, height: 2, channels: 1, depth: 8, data: Uint8Array.from(values) });
    const meanIoU = async (png: Uint8Array, data = binary) => {
      await write('first', png);
      return (await scorePredictions({ dataset: data, predictions: folder })).meanIoU;
    };

    it('takes class numbers and values of masks', async () => {
      expect(await meanIoU(palettePng(0, 0, 1, 1, 1, 0))).toBe(1);
      expect(await meanIoU(gray(0, 0, 1, 1, 1, 0))).toBe(1);
      expect(await meanIoU(gray(0, 0, 255, 255, 255, 255))).toBe(1);
    });

    it('stops where a gray value may be either', async () => {
      const shifted = meaningOf([
        { label: 255, value: 0 },
        { label: 0, value: 1 },
        { label: 1, value: 2 },
      ]);
      await expect(meanIoU(gray(1, 1, 1, 1, 1, 0), { ...binary, meaning: shifted })).rejects.toThrow(
        /first\.png: got gray values 0, 1, which could be class numbers or values of masks/,
      );
      expect(await meanIoU(palettePng(0, 0, 1, 1, 1, 0), { ...binary, meaning: shifted })).toBe(1);
    });
  });

  it("tells a palette with VOC's colors at other indices by color, or stops", async () => {
    const moved = encode({
      width: 3,
      height: 2,
      channels: 1,
      depth: 8,
      data: Uint8Array.of(0, 0, 1, 2, 2, 3),
      palette: [black, person, bicycle, voidColor],
    });
    for (const id of dataset.ids) await write(id, moved);
    await expect(score()).rejects.toThrow(/first\.png: got palette index 1 with VOC's color of class 15/);
    const voc: Dataset = { ...dataset, meaning: { ...classNumbers(21), isVoc: true } };
    expect((await scorePredictions({ dataset: voc, predictions: folder })).meanIoU).toBe(1);
  });

  it('scores the truth itself as perfect, void border included', async () => {
    await write('first', palettePng(...truth.data));
    await write('second', palettePng(...truth.data));
    expect(await score()).toMatchObject({ meanIoU: 1, pixelAccuracy: 1, meanAccuracy: 1, fwIoU: 1 });
  });

  it('names the file of a prediction that is missing, of another size or no class', async () => {
    await write('first', palettePng(...truth.data));
    await expect(score()).rejects.toThrow(/: got 1 of 2, expected .*second\.png is missing/);
    await write('second', encodeLabelPng({ width: 2, height: 3, data: truth.data }, vocPalette()));
    await expect(score()).rejects.toThrow(/second\.png: got 2x3 pixels, expected 3x2/);
    await write('second', palettePng(0, 0, 21, 2, 2, 0));
    await expect(score()).rejects.toThrow(/second\.png: prediction: got value 21 at pixel 2 .*from 0 to 20/);
  });

  it('names the label where that has another size than the photo, which the prediction has', async () => {
    await write('first', palettePng(...truth.data));
    const photo = path.join(folder, 'photo.png');
    await writeFile(photo, await rgbPng(...Array(6).fill(black)));
    const wide = { width: 6, height: 1, data: truth.data };
    const data = {
      ...dataset,
      ids: ['first'],
      loadLabel: async () => wide,
      imageSource: () => photo,
      labelFiles: () => ['masks/first.png'],
    };
    await expect(scorePredictions({ dataset: data, predictions: folder })).rejects.toThrow(
      `label masks/first.png: got 6x1 pixels, expected 3x2 as in ${photo}; if one of them was resized`,
    );
  });

  it('calls a damaged prediction a prediction', async () => {
    await write('first', palettePng(...truth.data).subarray(0, 60));
    await write('second', palettePng(...truth.data));
    await expect(score()).rejects.toThrow(/^prediction .*first\.png: damaged PNG/);
  });

  it('names a color that is none of VOC', async () => {
    await write('first', await rgbPng(black, black, person, bicycle, [1, 128, 0], black));
    await write('second', palettePng(...truth.data));
    await expect(score()).rejects.toThrow(/first\.png: got color \(1, 128, 0\) at x 1, y 1/);
  });
});
