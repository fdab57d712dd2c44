import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodePng } from '../../../src/data/images/encode.ts';
import { decodeLabelPng } from '../../../src/data/images/label-png.ts';
import { predictImages } from '../../../src/inference/predict/predict.ts';
import { withSegmenter } from '../../../src/inference/predict/segmenter.ts';
import { usualSize } from '../../../src/inference/predict/usual-size.ts';
import { temporaryFolder } from '../../cli/fcn.ts';
import { randomModel } from '../../weights/models.ts';

describe('usualSize', () => {
  it('is the own size of small images, and of all where the network says nothing', () => {
    expect(usualSize({ longestSide: 513 }, { width: 500, height: 375 })).toBeUndefined();
    expect(usualSize({}, { width: 4000, height: 3000 })).toBeUndefined();
  });

  it('keeps the shape of large ones', () => {
    expect(usualSize({ longestSide: 513 }, { width: 4000, height: 3000 })).toEqual({
      width: 513,
      height: 385,
    });
    expect(usualSize({ longestSide: 10 }, { width: 1, height: 4000 })).toEqual({ width: 1, height: 10 });
  });
});

it('large images give what --resize gives, at their own size', async () => {
  const folder = await temporaryFolder();
  const photo = path.join(folder, 'photo.png');
  const [width, height] = [120, 80];
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 7919) % 256);
  await writeFile(photo, await encodePng({ width, height, data }));
  const model = randomModel({ model: 'deeplabv3-mobilenetv2', width: 1 / 32 });
  const config = { ...model.config, longestSide: 60 };
  const classesOf = async (out: string, use: typeof model, size?: { width: number; height: number }) => {
    await withSegmenter(use, { threads: 1 }, (segmenter) =>
      predictImages({ segmenter, images: [photo], out: path.join(folder, out), size }),
    );
    return decodeLabelPng(await readFile(path.join(folder, out, 'photo.png')), 'photo');
  };
  const usual = await classesOf('usual', { ...model, config });
  expect([usual.width, usual.height]).toEqual([width, height]);
  expect(usual).toEqual(await classesOf('asked', model, { width: 60, height: 40 }));
  expect(usual).not.toEqual(await classesOf('own', model));
});
