import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { inputError, reasonOf } from '../../../base/errors.ts';
import { listFolder } from '../../../base/files.ts';
import { parseJson } from '../../../base/parse-json.ts';
import { listOf, recordOf } from '../../../base/schemas.ts';
import { readText, shortList } from '../../../base/text.ts';
import { readWithRemarks } from '../../images/decode.ts';
import type { OnUnusable } from '../unusable.ts';
import {
  type AnnotatedImage,
  type AnnotatedImages,
  checkClassCount,
  inSplit,
  type ReportProblem,
} from './annotated-images.ts';
import { withBackground } from './coco-classes.ts';
import { eachUsable } from './each-usable.ts';
import { filesBelow, idOfPath, isImage } from './find-images.ts';
import { readLines } from './text-file.ts';
import { labelOfYolo } from './yolo-labels.ts';

const folders = z.union([z.string(), listOf(z.string())]).nullish();
/** YAML reads a name of digits as a number. */
const name = z.union([z.string(), z.number()]).transform(String);
const configuration = z.object({
  /** The folder that the others are relative to. */
  path: z.string().nullish(),
  train: folders,
  val: folders,
  test: folders,
  /** How many names there should be. */
  nc: z.unknown().optional(),
  names: z.union([listOf(name), recordOf(name)], {
    error: "expected the classes, as in 'names: [cat, dog]'",
  }),
});

/**
 * `yolo:DIR` or `yolo:FILE.yaml`: Ultralytics' data sets for segmentation: data.yaml names classes and the folders (or
 * lists) of images; images/X.jpg has its polygons in labels/X.txt. An image without such a file is all background,
 * which is class 0; the classes of the file follow.
 */
export async function readYolo(directory: string, report: ReportProblem): Promise<AnnotatedImages> {
  const file = await findYaml(directory);
  const config = await readConfiguration(file);
  const names = namesInOrder(config.names, file);
  const classes = withBackground(names);
  checkClassCount(classes, file);
  const numbers = names.map((one) => classes.indexOf(one));
  const splits = new Map<string, AnnotatedImage[]>();
  const absent: string[] = [];
  for (const split of ['train', 'val', 'test'] as const) {
    const given = config[split] ?? [];
    const images: string[] = [];
    let found = false;
    for (const entry of typeof given === 'string' ? [given] : given) {
      const place = locate(file, config.path ?? '', entry);
      if (!place) absent.push(entry);
      if (!place) continue;
      found = true;
      for (const image of await imagesIn(place)) images.push(image);
    }
    if (found) splits.set(split, await annotate(images, numbers, inSplit(report, split)));
  }
  const images = [...splits.values()].flat();
  if (images.length > 0 && images.every(({ labelSource }) => !existsSync(labelSource))) {
    throw inputError(
      `data yolo:${directory}: got none of the label files, such as ${images[0]!.labelSource}, expected one for each image ` +
        'that shows objects',
    );
  }
  const missing = absent.map((entry) => `${file} names ${entry}, which does not exist`);
  if (typeof config.nc === 'number' && config.nc !== names.length) {
    missing.push(`${file} says nc: ${config.nc}, but has ${names.length} names; the names count`);
  }
  if (splits.size > 0) return { classes, images: splits, warnings: [...missing, ...aboutBare(images)] };
  throw inputError(
    `data yolo:${directory}: got none of the folders that ${file} names as train, val and test (${absent.join(', ')}); ` +
      'put them next to it, or fix the file',
  );
}

/** For Ultralytics, they show no object; but somebody may have forgotten them. */
function aboutBare(images: readonly AnnotatedImage[]): string[] {
  const bare = images.filter(({ labelFiles }) => labelFiles?.length === 0).map(({ id }) => id);
  if (bare.length === 0) return [];
  const some = bare.slice(0, 5).join(', ') + (bare.length > 5 ? ', ...' : '');
  return [
    `${bare.length} of ${images.length} images have no label file, so all of each counts as background: ${some}; take those that ` +
      'nobody has annotated out of their folder',
  ];
}

async function findYaml(directory: string): Promise<string> {
  if (/\.ya?ml$/i.test(directory)) return directory;
  const names = (await listFolder(directory, 'data set')).filter((name) => /\.ya?ml$/i.test(name));
  const name = names.find((one) => one === 'data.yaml') ?? (names.length === 1 ? names[0] : undefined);
  if (name) return path.join(directory, name);
  throw inputError(
    `data yolo:${directory}: got ${names.length} YAML files in this folder, expected data.yaml`,
  );
}

async function readConfiguration(file: string): Promise<z.infer<typeof configuration>> {
  const text = await readText(file, 'YOLO file', shortList);
  const { parse } = await import('yaml'); // a tenth of the start of any command, and few read YAML
  let json: string;
  try {
    json = JSON.stringify(parse(text, { logLevel: 'error' }) ?? null);
  } catch (thrown) {
    throw inputError(`YOLO file ${file}: not YAML (${reasonOf(thrown).split('\n')[0]})`, thrown);
  }
  return parseJson(configuration, json, `YOLO file ${file}`);
}

function namesInOrder(names: string[] | Record<string, string>, file: string): string[] {
  const ordered = Array.isArray(names) ? names : byNumber(names, file);
  const seen = new Set<string>();
  const repeated = ordered.find((one) => seen.size === seen.add(one).size);
  if (repeated === undefined) return ordered;
  throw inputError(`YOLO file ${file}: names: got '${repeated}' twice, expected different names`);
}

function byNumber(names: Record<string, string>, file: string): string[] {
  const count = Object.keys(names).length;
  return Array.from({ length: count }, (_, number) => {
    if (names[number] !== undefined) return names[number];
    throw inputError(`YOLO file ${file}: names: got no name for ${number}, expected 0 to ${count - 1}`);
  });
}

/**
 * Where the images of a split are; undefined when nothing is there. Roboflow writes ../train for train, and paths may be those
 * of another machine: their ends are looked for beside the file.
 */
function locate(file: string, base: string, entry: string): string | undefined {
  return [path.resolve(path.dirname(file), base, entry), ...ends(path.dirname(file), entry)].find((place) =>
    existsSync(place),
  );
}

/** A path from a folder on, then without its first folder, and so on. */
function ends(folder: string, file: string): string[] {
  const parts = file.split(/[\\/]/).filter((part) => !['', '.', '..'].includes(part));
  return parts.map((_, first) => path.resolve(folder, ...parts.slice(first)));
}

/** The images in a folder and below it, or in a list of files relative to the list. */
async function imagesIn(place: string): Promise<string[]> {
  if (statSync(place).isDirectory()) {
    return (await filesBelow(place)).filter(isImage).map((name) => path.join(place, name));
  }
  const lines = await readLines(place, 'list of images');
  const folder = path.dirname(place);
  return lines.map((line) => {
    const named = path.resolve(folder, line);
    return [named, ...ends(folder, line)].find((file) => existsSync(file)) ?? named;
  });
}

function annotate(
  images: readonly string[],
  numbers: readonly number[],
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
        readImage: () => readWithRemarks(image),
        labelSource: labels,
        labelFiles: existsSync(labels) ? [labels] : [],
        readLabel: () => labelOfYolo(labels, image, numbers),
      };
    },
  );
}

/** The last folder called images becomes labels; where there is nothing, labels may lie beside their images. */
function labelFile(image: string): string {
  const beside = `${image.slice(0, -path.extname(image).length)}.txt`;
  const parts = image.split(path.sep);
  const index = parts.lastIndexOf('images', parts.length - 2);
  const folders = index < 0 ? parts : parts.with(index, 'labels');
  const usual = `${folders.join(path.sep).slice(0, -path.extname(image).length)}.txt`;
  return !existsSync(usual) && existsSync(beside) ? beside : usual;
}

/** Whether the only YAML file in a folder is one of Ultralytics', whatever it is called. */
export async function hasOtherYaml(folder: string): Promise<boolean> {
  const [file, ...others] = (await listFolder(folder, 'data set')).filter((name) => /\.ya?ml$/i.test(name));
  if (file === undefined || others.length > 0) return false;
  const text = await readText(path.join(folder, file), 'YOLO data').catch(() => '');
  return /^names\s*:/m.test(text) && /^(train|val)\s*:/m.test(text);
}
