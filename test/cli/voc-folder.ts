import { mkdir, stat, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { openShapes } from '../../src/data/datasets/shapes.ts';
import { encodeLabelPng } from '../../src/data/images/encode-label-png.ts';
import type { LabelImage, RgbImage } from '../../src/data/images/image.ts';
import { vocPalette } from '../../src/data/images/palette.ts';
import { temporaryFolder } from './fcn.ts';

/** A small data set on the disk, in VOC layout, that tests then damage. */
export interface VocFolder {
  readonly folder: string;
  /** As `--data` takes it. */
  readonly spec: string;
  image(id: string): string;
  label(id: string): string;
  split(name: string): string;
}

/** Where things are in a folder in VOC layout. */
export function vocIn(folder: string): VocFolder {
  return {
    folder,
    spec: `voc:${folder}`,
    image: (id) => path.join(folder, 'JPEGImages', `${id}.jpg`),
    label: (id) => path.join(folder, 'SegmentationClass', `${id}.png`),
    split: (name) => path.join(folder, 'ImageSets', 'Segmentation', `${name}.txt`),
  };
}

/** Four training and two validation images of 40x32 pixels, JPEG, with six classes. */
export async function makeVocFolder(): Promise<VocFolder> {
  const voc = vocIn(await temporaryFolder());
  for (const file of [voc.image(''), voc.label(''), voc.split('')]) {
    await mkdir(path.dirname(file), { recursive: true });
  }
  for (const split of ['train', 'val']) {
    const shapes = await openShapes('?train=4&val=2&size=40', split);
    for (const index of shapes.ids.keys()) {
      const { id, image, label } = await shapes.load(index);
      await writeFile(
        voc.image(id),
        await toSharp(topRows(image, 32, 3))
          .jpeg()
          .toBuffer(),
      );
      await writeLabel(voc.label(id), topRows(label, 32, 1));
    }
    await writeFile(voc.split(split), shapes.ids.join('\n'));
    await writeFile(path.join(voc.folder, 'classes.txt'), shapes.classes.join('\n'));
  }
  return voc;
}

export function toSharp({ width, height, data }: RgbImage): Sharp {
  return sharp(data, { raw: { width, height, channels: 3 } });
}

export async function writeLabel(file: string, label: LabelImage): Promise<void> {
  await writeFile(file, encodeLabelPng(label, vocPalette()));
}

/** Cuts a file off, as a broken download does. */
export async function cutOff(file: string, share = 0.6): Promise<void> {
  await truncate(file, Math.floor((await stat(file)).size * share));
}

function topRows<T extends RgbImage | LabelImage>({ width, data }: T, rows: number, channels: number) {
  return { width, height: rows, data: data.subarray(0, rows * width * channels) };
}
