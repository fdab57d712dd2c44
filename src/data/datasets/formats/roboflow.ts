import { existsSync } from 'node:fs';
import path from 'node:path';
import { inputError } from '../../../base/errors.ts';
import { idOf, listFolder } from '../../../base/files.ts';
import { readText, shortList } from '../../../base/text.ts';
import type { LabelImage } from '../../images/image.ts';
import { decodeLabelPng } from '../../images/label-png.ts';
import { checkDirectory } from '../check-directory.ts';
import type { OnUnusable } from '../unusable.ts';
import {
  type AnnotatedImage,
  type AnnotatedImages,
  checkClassCount,
  inSplit,
  type ReportProblem,
} from './annotated-images.ts';
import { eachUsable } from './each-usable.ts';
import { isImage } from './find-images.ts';
import { imageOfFiles } from './image-of-files.ts';
import { inOrder, splitOfFolder } from './split-folders.ts';

const classList = '_classes.csv';
const maskEnd = '_mask.png';

/**
 * `roboflow:DIR`: Roboflow's "Semantic segmentation masks": X.jpg with X_mask.png, whose pixel values _classes.csv
 * names, in DIR or in its folders train, valid and test, which are splits. Roboflow draws the masks itself.
 */
export async function readRoboflow(directory: string, report: ReportProblem): Promise<AnnotatedImages> {
  checkDirectory('roboflow', directory);
  if (existsSync(path.join(directory, classList))) return readFolder(directory, report);
  const splits = new Map<string, AnnotatedImage[]>();
  let classes: readonly string[] | undefined;
  for (const folder of await roboflowSplits(directory)) {
    const content = await readFolder(path.join(directory, folder), inSplit(report, splitOfFolder(folder)));
    classes ??= content.classes;
    if (content.classes.join('\n') !== classes.join('\n')) {
      throw inputError(
        `data roboflow:${directory}: got a ${classList} in ${folder} that differs from that of other splits`,
      );
    }
    splits.set(splitOfFolder(folder)!, content.images);
  }
  if (classes) return { classes, images: inOrder(splits) };
  throw inputError(
    `data roboflow:${directory}: got no ${classList} in this folder or its folders train, valid and test, expected one`,
  );
}

/** The folders of splits that have a list of classes. */
export async function roboflowSplits(directory: string): Promise<string[]> {
  return (await listFolder(directory, 'data set')).filter(
    (name) => splitOfFolder(name) && existsSync(path.join(directory, name, classList)),
  );
}

async function readFolder(folder: string, onUnusable: OnUnusable) {
  const { classes, numbers } = await readClasses(path.join(folder, classList));
  const names = await listFolder(folder, 'data set');
  const present = new Set(names);
  const images = names.filter((name) => isImage(name) && !name.endsWith(maskEnd)).sort();
  const samples = await eachUsable(images, onUnusable, idOf, (name) => {
    const mask = `${idOf(name)}${maskEnd}`;
    if (!present.has(mask))
      throw inputError(
        `image ${path.join(folder, name)}: its mask ${mask} is missing; add it, or move the image out of the folder`,
      );
    const sample = imageOfFiles({
      id: idOf(name),
      image: path.join(folder, name),
      label: path.join(folder, mask),
      decodeLabel: (bytes, file) => renumber(decodeLabelPng(bytes, file), numbers, file),
    });
    return { ...sample, labelFiles: [sample.labelSource, path.join(folder, classList)] };
  });
  return { classes, images: samples };
}

/** Lines `value, name`, perhaps behind a title: class names in the order of their values, and class numbers by value. */
async function readClasses(
  file: string,
): Promise<{ classes: string[]; numbers: ReadonlyMap<number, number> }> {
  const lines = (await readText(file, 'class list', shortList)).split(/\r\n|\r|\n/);
  const entries = lines.flatMap((line, index) => {
    if (line.trim() === '' || (index === 0 && !/^\s*\d/.test(line))) return [];
    const match = /^\s*(\d{1,3})\s*[,;\t]\s*(.*\S)\s*$/.exec(line);
    if (match) return [{ value: Number(match[1]), name: match[2]!.replace(/^"(.*)"$/, '$1') }];
    throw inputError(`class list ${file}: line ${index + 1}: got '${line.trim()}', expected VALUE, NAME`);
  });
  entries.sort((a, b) => a.value - b.value);
  const classes = entries.map(({ name }) => name);
  if (
    new Set(classes).size < classes.length ||
    new Set(entries.map(({ value }) => value)).size < classes.length
  ) {
    throw inputError(`class list ${file}: got a name or a value twice, expected different ones`);
  }
  checkClassCount(classes, file);
  return { classes, numbers: new Map(entries.map(({ value }, index) => [value, index])) };
}

function renumber(label: LabelImage, numbers: ReadonlyMap<number, number>, file: string): LabelImage {
  const table = Int16Array.from({ length: 256 }, (_, value) => numbers.get(value) ?? -1);
  const data = new Uint8Array(label.data.length);
  for (let i = 0; i < data.length; i++) {
    const value = label.data[i]!;
    const number = table[value]!;
    if (number < 0) {
      const at = `x ${i % label.width}, y ${Math.floor(i / label.width)}`;
      throw inputError(`label ${file}: got value ${value} at ${at}, which is not in ${classList}`);
    }
    data[i] = number;
  }
  return { ...label, data };
}
