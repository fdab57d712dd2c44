import { existsSync } from 'node:fs';
import path from 'node:path';
import { counted } from '../../../base/counted.ts';
import { inputError } from '../../../base/errors.ts';
import { idOf } from '../../../base/files.ts';
import { shortList } from '../../../base/text.ts';
import { checkDirectory } from '../check-directory.ts';
import type { OnUnusable } from '../unusable.ts';
import {
  type AnnotatedImage,
  type AnnotatedImages,
  checkClassCount,
  type ReportProblem,
} from './annotated-images.ts';
import { beginningOf } from './beginning-of.ts';
import { withBackground } from './coco-classes.ts';
import { eachUsable } from './each-usable.ts';
import { filesBelow, ImageFinder, idOfPath, isImage } from './find-images.ts';
import { isLabelmeExport, readLabelmeExport } from './labelme-export.ts';
import {
  findImage,
  isOtherwiseNamed,
  labelOfShapes,
  readLabelmeFile,
  readLabelmeImage,
  readLabelmePose,
} from './labelme-file.ts';
import { ignoredLabel } from './labelme-shapes.ts';
import { inOrder, splitOfFolder } from './split-folders.ts';
import { readLines } from './text-file.ts';

const background = '_background_';

/** A file of labelme's, and what must be known of it before any image is loaded. */
interface Looked {
  readonly file: string;
  readonly labels: readonly string[];
  /** The file of the image; that of the annotations where it embeds the image. */
  readonly image: string;
}

/** The split of a file, by the folder that it is in, and its id there. */
interface Place {
  readonly split: string | undefined;
  readonly id: string;
}

/**
 * `labelme:DIR`: the JSON files that labelme writes, in DIR or below it; or what labelme2voc makes of them.
 * Classes are the lines of labels.txt in DIR or the folder above, as for labelme2voc; without it, `_background_` and
 * all labels that occur, sorted. Folders called train, val (valid, validation) and test in DIR are splits.
 */
export async function readLabelme(directory: string, report: ReportProblem): Promise<AnnotatedImages> {
  checkDirectory('labelme', directory);
  if (isLabelmeExport(directory)) return readLabelmeExport(directory, report);
  const files = await filesBelow(directory);
  const annotations = await labelmeFiles(directory, files);
  if (annotations.length === 0) {
    throw inputError(
      `data labelme:${directory}: got no labelme JSON file in or below this folder, expected some`,
    );
  }
  const finder = new ImageFinder(directory, files);
  const places = placesOf(directory, annotations);
  const unusable: OnUnusable = (problem, [file]) => {
    const { id, split } = places.get(file!)!;
    report(problem, [id], split);
  };
  const renamed: string[] = [];
  const looked = await eachUsable(annotations, unusable, String, async (file): Promise<Looked> => {
    const json = path.join(directory, file);
    const content = await readLabelmeFile(json);
    const image = findImage(content, json, finder);
    if (isOtherwiseNamed(content, image)) renamed.push(file);
    return { file, labels: content.shapes.map(({ label }) => label), image };
  });
  const classes = await readClasses(directory, looked);
  const numbers = new Map(classes.map((name, index) => [name, index]));
  const images = looked.map((one) => ({
    file: one.file,
    image: annotatedImage(directory, one, places, numbers),
  }));
  const splits = new Map<string, AnnotatedImage[]>();
  for (const { split } of places.values()) if (split !== undefined) splits.set(split, []);
  const warnings = [
    ...aboutRenamed(renamed),
    ...aboutShared(directory, looked),
    ...aboutBare(directory, files, annotations, looked),
  ];
  if (splits.size === 0) return { classes, images: images.map(({ image }) => image), warnings };
  for (const { file, image } of images) splits.get(places.get(file)!.split!)!.push(image);
  return { classes, images: inOrder(splits), warnings };
}

function aboutRenamed(files: readonly string[]): string[] {
  if (files.length === 0) return [];
  return [
    `${counted(files.length, 'file names', 'files name')} an image that does not exist, so the image with the file's own name is used: ${aFew(files)}`,
  ];
}

/** Files that were copied still name the image of the first, whose labels they then are not. */
function aboutShared(directory: string, looked: readonly Looked[]): string[] {
  const first = new Map<string, string>();
  const repeated: string[] = [];
  for (const { file, image } of looked) {
    const other = first.get(image);
    if (other === undefined) first.set(image, file);
    else repeated.push(`${file} (${path.relative(directory, image)}, as in ${other})`);
  }
  if (repeated.length === 0) return [];
  return [
    `${counted(repeated.length, 'file names', 'files name')} the image of another file: ${aFew(repeated)}; correct imagePath if each has an image of its own`,
  ];
}

/** Images that nobody has annotated, or whose file got lost. */
function aboutBare(
  directory: string,
  files: readonly string[],
  annotations: readonly string[],
  looked: readonly Looked[],
): string[] {
  const known = new Set(looked.map(({ image }) => path.resolve(image)));
  // Where a file embeds its image, the image itself may lie beside it; one that cannot be used is told of as such.
  const stems = new Set(annotations.map((file) => idOf(file)));
  const bare = files.filter(
    (file) => isImage(file) && !known.has(path.resolve(directory, file)) && !stems.has(idOf(file)),
  );
  if (bare.length === 0) return [];
  return [`left out: ${counted(bare.length, 'image')} without a JSON file: ${aFew(bare)}`];
}

function aFew(names: readonly string[]): string {
  return names.slice(0, 3).join(', ') + (names.length > 3 ? ', ...' : '');
}

/** Those of the files that labelme seems to have written. */
export async function labelmeFiles(directory: string, files: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const file of files) {
    if (path.extname(file).toLowerCase() !== '.json') continue;
    if (/"(shapes|imageData|imagePath)"\s*:/.test(await beginningOf(path.join(directory, file))))
      found.push(file);
  }
  return found;
}

async function readClasses(directory: string, looked: readonly Looked[]): Promise<string[]> {
  const list = [directory, path.dirname(path.resolve(directory))]
    .map((folder) => path.join(folder, 'labels.txt'))
    .find((file) => existsSync(file));
  const names = list
    ? await readLines(list, 'labels', shortList)
    : looked.flatMap(({ labels }) => labels).sort();
  const different = [...new Set(names)].filter((name) => name !== ignoredLabel);
  const classes = withBackground(different, background);
  checkClassCount(classes, list ?? directory);
  return classes;
}

/** Where each file belongs: no file is in a split, or every one is. */
function placesOf(directory: string, files: readonly string[]): Map<string, Place> {
  const places = new Map<string, Place>();
  for (const file of files) {
    const [folder, ...rest] = file.split(path.sep);
    const split = rest.length > 0 ? splitOfFolder(folder!) : undefined;
    places.set(file, { split, id: idOfPath(split ? rest.join('/') : file) });
  }
  const splits = [...new Set([...places.values()].map(({ split }) => split))];
  const outside = files.find((file) => places.get(file)!.split === undefined);
  if (splits.length === 1 || outside === undefined) return places;
  throw inputError(
    `data labelme:${directory}: got ${outside} next to the splits ${splits.filter(Boolean).join(', ')}, expected ` +
      'every file in the folder of a split, or none; move it',
  );
}

function annotatedImage(
  directory: string,
  { file, image }: Looked,
  places: ReadonlyMap<string, Place>,
  numbers: ReadonlyMap<string, number>,
): AnnotatedImage {
  const json = path.join(directory, file);
  return {
    id: places.get(file)!.id,
    source: image,
    // Read again when it is wanted: embedded images would not fit into memory together.
    readImage: async () => readLabelmeImage(await readLabelmeFile(json), json, image),
    labelSource: json,
    ...(image === json && {
      readPose: async () => readLabelmePose(await readLabelmeFile(json), json, image),
    }),
    readLabel: async (tell) => labelOfShapes(await readLabelmeFile(json), json, image, numbers, tell),
  };
}
