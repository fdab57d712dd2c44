import { existsSync } from 'node:fs';
import path from 'node:path';
import { inputError } from '../../../base/errors.ts';
import { ignoreLabel, type LabelImage } from '../../images/image.ts';
import { decodeLabelPng } from '../../images/label-png.ts';
import { remarks } from '../../images/remarks.ts';
import { checkDirectory } from '../check-directory.ts';
import type { OnUnusable } from '../unusable.ts';
import type { AnnotatedImage, AnnotatedImages, ReportProblem, Tell } from './annotated-images.ts';
import { eachUsable } from './each-usable.ts';
import { filesBelow } from './find-images.ts';
import { imageOfFiles } from './image-of-files.ts';
import { addTo, inOrder } from './split-folders.ts';

/** The classes that are trained on, by the label ids of labels.py in cityscapesScripts. */
const classesById: readonly (readonly [id: number, name: string])[] = [
  [7, 'road'],
  [8, 'sidewalk'],
  [11, 'building'],
  [12, 'wall'],
  [13, 'fence'],
  [17, 'pole'],
  [19, 'traffic light'],
  [20, 'traffic sign'],
  [21, 'vegetation'],
  [22, 'terrain'],
  [23, 'sky'],
  [24, 'person'],
  [25, 'rider'],
  [26, 'car'],
  [27, 'truck'],
  [28, 'bus'],
  [31, 'train'],
  [32, 'motorcycle'],
  [33, 'bicycle'],
];

/** Streets without sky, vegetation and cars, which have higher label ids, are rare. */
const mostTrainId = classesById.length - 1;

const imageEnd = '_leftImg8bit.png';

/**
 * `cityscapes:DIR`: leftImg8bit/SPLIT/CITY/X_leftImg8bit.png with gtFine/SPLIT/CITY/X_gtFine_labelTrainIds.png, or
 * labelIds, which are turned into the 19 train ids (others are void); gtCoarse where there is no gtFine.
 */
export async function readCityscapes(directory: string, report: ReportProblem): Promise<AnnotatedImages> {
  checkDirectory('cityscapes', directory);
  const [photos, kind] = [path.join(directory, 'leftImg8bit'), annotationFolder(directory)];
  if (!existsSync(photos) || !kind) {
    throw inputError(
      `data cityscapes:${directory}: got no leftImg8bit and gtFine in this folder, expected both`,
    );
  }
  const splitOf = (file: string) => file.split(path.sep)[0]!;
  const files = (await filesBelow(photos)).filter((file) => file.endsWith(imageEnd));
  if (files.length === 0) {
    throw inputError(
      `data cityscapes:${directory}: got no photo in ${photos}, expected SPLIT/CITY/X${imageEnd}`,
    );
  }
  const splits = new Map<string, AnnotatedImage[]>(files.map((file) => [splitOf(file), []]));
  const unusable: OnUnusable = (problem, [file]) => report(problem, [idOfPhoto(file!)], splitOf(file!));
  await eachUsable(files, unusable, String, (file) => {
    const labels = path.join(directory, kind, file.slice(0, -imageEnd.length));
    const [trainIds, labelIds] = ['labelTrainIds', 'labelIds'].map((name) => `${labels}_${kind}_${name}.png`);
    const label = [trainIds!, labelIds!].find((name) => existsSync(name));
    if (!label)
      throw inputError(
        `image ${path.join(photos, file)}: its label ${labelIds} is missing; add it, or move the image out of the folder`,
      );
    const decodeLabel = label === trainIds ? decodeLabelPng : decodeLabelIds;
    const image = path.join(photos, file);
    addTo(splits, splitOf(file), imageOfFiles({ id: idOfPhoto(file), image, label, decodeLabel }));
  });
  return { classes: classesById.map(([, name]) => name), images: inOrder(splits) };
}

/** gtFine, or gtCoarse. */
export function annotationFolder(directory: string): string | undefined {
  return ['gtFine', 'gtCoarse'].find((name) => existsSync(path.join(directory, name)));
}

function idOfPhoto(file: string): string {
  return path.basename(file).slice(0, -imageEnd.length);
}

function decodeLabelIds(bytes: Uint8Array, file: string, tell?: Tell): LabelImage {
  const label = decodeLabelPng(bytes, file);
  if (label.data.every((id) => id <= mostTrainId || id === ignoreLabel)) tell?.(remarks.trainIds);
  const numbers = new Uint8Array(256).fill(ignoreLabel);
  for (const [number, [id]] of classesById.entries()) numbers[id] = number;
  return { ...label, data: label.data.map((id) => numbers[id]!) };
}
