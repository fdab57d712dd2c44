import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { inputError, reasonOf } from '../../../base/errors.ts';
import { listFolder } from '../../../base/files.ts';
import { parseJson } from '../../../base/parse-json.ts';
import { listOf, recordOf } from '../../../base/schemas.ts';
import { readImage } from '../../images/decode.ts';
import type { OnUnusable } from '../unusable.ts';
import {
  type AnnotatedImage,
  type AnnotatedImages,
  checkClassCount,
  inSplit,
  type ReportProblem,
} from './annotated-images.ts';
import { eachUsable } from './each-usable.ts';
import { filesBelow, idOfPath, isImage } from './find-images.ts';
import { readLines, readText } from './text-file.ts';
import { labelOfYolo } from './yolo-labels.ts';

const folders = z.union([z.string(), listOf(z.string())]).nullish();
const configuration = z.object({
  /** The folder that the others are relative to. */
  path: z.string().nullish(),
  train: folders,
  val: folders,
  test: folders,
  names: z.union([listOf(z.string()), recordOf(z.string())]),
});

/**
 * `yolo:DIR` or `yolo:FILE.yaml`: Ultralytics' data sets for segmentation: data.yaml names classes and the folders (or
 * lists) of images; images/X.jpg has its polygons in labels/X.txt. An image without such a file is all background,
 * which is class 0; the classes of the file follow.
 */
export async function readYolo(directory: string, report: ReportProblem): Promise<AnnotatedImages> {
  const file = await findYaml(directory);
  const config = await readConfiguration(file);
  const classes = ['background', ...namesInOrder(config.names, file)];
  checkClassCount(classes, file);
  const splits = new Map<string, AnnotatedImage[]>();
  for (const split of ['train', 'val', 'test'] as const) {
    const given = config[split] ?? [];
    const images: string[] = [];
    let found = false;
    for (const entry of typeof given === 'string' ? [given] : given) {
      const place = locate(file, config.path ?? '', entry);
      if (!place) continue;
      found = true;
      images.push(...(await imagesIn(place)));
    }
    if (found) splits.set(split, await annotate(images, classes.length - 1, inSplit(report, split)));
  }
  if (splits.size > 0) return { classes, images: splits };
  throw inputError(
    `data yolo:${directory}: got none of the folders that ${file} names as train, val and test`,
  );
}

async function findYaml(directory: string): Promise<string> {
  if (/\.ya?ml$/i.test(directory)) return directory;
  const names = (await listFolder(directory, 'data set')).filter((name) => /\.ya?ml$/i.test(name));
  const name = names.find((one) => one === 'data.yaml') ?? (names.length === 1 ? names[0] : undefined);
  if (name) return path.join(directory, name);
  throw inputError(`data yolo:${directory}: got ${names.length} YAML files in it, expected data.yaml`);
}

async function readConfiguration(file: string): Promise<z.infer<typeof configuration>> {
  const text = await readText(file, 'YOLO file');
  let json: string;
  try {
    json = JSON.stringify(parse(text, { logLevel: 'error' }) ?? null);
  } catch (thrown) {
    throw inputError(`YOLO file ${file}: not YAML (${reasonOf(thrown).split('\n')[0]})`, thrown);
  }
  return parseJson(configuration, json, `YOLO file ${file}`);
}

function namesInOrder(names: string[] | Record<string, string>, file: string): string[] {
  if (Array.isArray(names)) return names;
  const count = Object.keys(names).length;
  return Array.from({ length: count }, (_, number) => {
    if (names[number] !== undefined) return names[number];
    throw inputError(`YOLO file ${file}: names: got no name of ${number}, expected 0 to ${count - 1}`);
  });
}

/** Where the images of a split are; undefined when nothing is there. Roboflow writes ../train for train. */
function locate(file: string, base: string, entry: string): string | undefined {
  const folder = path.dirname(file);
  const candidates = [
    path.resolve(folder, base, entry),
    path.resolve(folder, entry.replace(/^(\.\.\/)+/, '')),
  ];
  return candidates.find((candidate) => existsSync(candidate));
}

/** The images in a folder and below it, or in a list of files relative to the list. */
async function imagesIn(place: string): Promise<string[]> {
  if (statSync(place).isDirectory()) {
    return (await filesBelow(place)).filter(isImage).map((name) => path.join(place, name));
  }
  const lines = await readLines(place, 'list of images');
  return lines.map((line) => path.resolve(path.dirname(place), line));
}

function annotate(
  images: readonly string[],
  classes: number,
  onUnusable: OnUnusable,
): Promise<AnnotatedImage[]> {
  return eachUsable(
    images,
    onUnusable,
    (image) => idOfPath(path.basename(image)),
    (image) => {
      if (!existsSync(image)) throw inputError(`image ${image}: it is missing`);
      const labels = labelFile(image);
      return {
        id: idOfPath(path.basename(image)),
        source: image,
        // Ultralytics reads images by OpenCV, which turns them upright.
        readImage: () => readImage(image),
        labelSource: labels,
        readLabel: () => labelOfYolo(labels, image, classes),
      };
    },
  );
}

/** The last folder called images becomes labels. */
function labelFile(image: string): string {
  const parts = image.split(path.sep);
  const index = parts.lastIndexOf('images', parts.length - 2);
  const folders = index < 0 ? parts : parts.with(index, 'labels');
  return `${folders.join(path.sep).slice(0, -path.extname(image).length)}.txt`;
}
