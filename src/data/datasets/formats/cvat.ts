import { existsSync } from 'node:fs';
import path from 'node:path';
import { inputError } from '../../../base/errors.ts';
import { idOf, listFolder } from '../../../base/files.ts';
import { readText, shortList } from '../../../base/text.ts';
import { readImage, readWithRemarks } from '../../images/decode.ts';
import { ignoreLabel, type LabelImage } from '../../images/image.ts';
import { checkDirectory } from '../check-directory.ts';
import { findFiles, imageExtensions } from '../find-files.ts';
import { listSplits, readSplit } from '../split-file.ts';
import type { OnUnusable } from '../unusable.ts';
import {
  type AnnotatedImage,
  type AnnotatedImages,
  checkClassCount,
  inSplit,
  type ReportProblem,
} from './annotated-images.ts';
import { isBackground } from './coco-classes.ts';
import { blankLabel } from './raster/paint.ts';
import { inOrder, splitOfFolder } from './split-folders.ts';

/** Class numbers by `keyOf` the color that masks show them in. */
type LabelsByColor = ReadonlyMap<number, number>;

/**
 * `cvat:DIR`: CVAT's export "Segmentation mask 1.1": labelmap.txt, JPEGImages, SegmentationClass with masks in the colors
 * of labelmap.txt, ImageSets/Segmentation. CVAT draws the masks itself. Its list default.txt is no split.
 */
export async function readCvat(directory: string, report: ReportProblem): Promise<AnnotatedImages> {
  checkDirectory('cvat', directory);
  const { classes, labels } = await readLabelmap(path.join(directory, 'labelmap.txt'));
  const folder = path.join(directory, 'ImageSets', 'Segmentation');
  const lists = existsSync(folder) ? await listSplits(folder) : [];
  if (lists.length === 0 || (lists.length === 1 && lists[0] === 'default')) {
    const masks = await listFolder(path.join(directory, 'SegmentationClass'), 'mask folder');
    const ids = lists[0]
      ? await readSplit(folder, lists[0], report, (line) => line)
      : masks.filter((name) => name.toLowerCase().endsWith('.png')).map(idOf);
    return { classes, images: await imagesOf(directory, ids.sort(), labels, report) };
  }
  const splits = new Map<string, AnnotatedImage[]>();
  for (const list of lists) {
    const split = splitOfFolder(list) ?? list;
    const ids = await readSplit(folder, list, inSplit(report, split), (line) => line);
    splits.set(split, await imagesOf(directory, ids, labels, inSplit(report, split)));
  }
  return { classes, images: inOrder(splits) };
}

async function imagesOf(
  directory: string,
  ids: readonly string[],
  labels: LabelsByColor,
  onUnusable: OnUnusable,
): Promise<AnnotatedImage[]> {
  const find = (folder: string, extensions: readonly string[], what: string) =>
    findFiles(path.join(directory, folder), extensions, ids, what, onUnusable);
  const images = await find('JPEGImages', imageExtensions, 'image');
  const masks = await find('SegmentationClass', ['.png'], 'mask');
  return ids.flatMap((id) => {
    const [image, mask] = [images.get(id), masks.get(id)];
    if (!image || !mask) return [];
    return [
      {
        id,
        source: image,
        readImage: () => readWithRemarks(image),
        labelSource: mask,
        labelFiles: [mask, path.join(directory, 'labelmap.txt')],
        readLabel: () => readMask(mask, labels),
      },
    ];
  });
}

/** Classes, background first, and what colors stand for: lines `label:red,green,blue:parts:actions`. */
async function readLabelmap(file: string): Promise<{ classes: string[]; labels: LabelsByColor }> {
  const lines = (await readText(file, 'label map', shortList)).split(/\r\n|\r|\n/);
  const entries = lines.flatMap((line, index) => {
    if (line.trim() === '' || line.startsWith('#')) return [];
    const match = /^(.+?):\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*:[^:]*:[^:]*$/.exec(line.trim());
    if (match) return [{ name: match[1]!, key: keyOf(Number(match[2]), Number(match[3]), Number(match[4])) }];
    throw inputError(
      `label map ${file}: line ${index + 1}: got '${line.trim()}', expected label:red,green,blue::`,
    );
  });
  const isVoid = (name: string) => /^(ignored?|void)$/i.test(name);
  const background = entries.find(({ name }) => isBackground(name)) ?? { name: 'background', key: 0 };
  const others = entries.filter((entry) => entry !== background && !isVoid(entry.name));
  const labels = new Map<number, number>();
  for (const { name, key } of [background, ...others, ...entries.filter(({ name }) => isVoid(name))]) {
    if (labels.has(key))
      throw inputError(`label map ${file}: got the color of '${name}' twice, expected different ones`);
    labels.set(key, isVoid(name) ? ignoreLabel : labels.size);
  }
  const classes = [background, ...others].map(({ name }) => name);
  checkClassCount(classes, file);
  return { classes, labels };
}

async function readMask(file: string, labels: LabelsByColor): Promise<LabelImage> {
  const { width, height, data } = await readImage(file);
  const label = blankLabel(width, height);
  for (let i = 0; i < label.data.length; i++) {
    const number = labels.get(keyOf(data[3 * i]!, data[3 * i + 1]!, data[3 * i + 2]!));
    if (number === undefined) {
      const color = data.subarray(3 * i, 3 * i + 3).join(' ');
      const at = `x ${i % width}, y ${Math.floor(i / width)}`;
      throw inputError(`label ${file}: got the color ${color} at ${at}, expected one of labelmap.txt`);
    }
    label.data[i] = number;
  }
  return label;
}

function keyOf(red: number, green: number, blue: number): number {
  return (red << 16) | (green << 8) | blue;
}
