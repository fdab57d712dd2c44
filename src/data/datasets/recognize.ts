import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { inputError } from '../../base/errors.ts';
import { listFolder, readInput } from '../../base/files.ts';
import { lookAt } from '../../base/look.ts';
import { FileIndex, isLeftBehind, maskExtensions } from './file-index.ts';
import { findFolderPairs } from './folder-layout.ts';
import { beginningOf } from './formats/beginning-of.ts';
import { annotationFolder } from './formats/cityscapes.ts';
import { filesBelow } from './formats/find-images.ts';
import { findArrays } from './formats/json-arrays.ts';
import { labelmeFiles } from './formats/labelme.ts';
import { isLabelmeExport } from './formats/labelme-export.ts';
import { isMaskName } from './formats/labelstudio-masks.ts';
import { roboflowSplits } from './formats/roboflow.ts';
import { supervisedDatasets } from './formats/supervisely.ts';
import { hasOtherYaml } from './formats/yolo.ts';
import { findSbdRoot } from './sbd-root.ts';
import { archiveError, describeUnknown } from './unknown-folder.ts';
import { findVocRoot } from './voc.ts';

/** What a folder or file without a scheme is. */
export interface Recognized {
  /** With its scheme: `labelme:DIR`. */
  readonly spec: string;
  /** Other readings, which come later in the order. */
  readonly others: readonly string[];
}

interface Format {
  readonly scheme: string;
  /** What the folder must hold, in words. */
  readonly sign: string;
  /** What stands behind the scheme; undefined when the folder does not hold it. */
  readonly find: (folder: string) => Promise<string | undefined>;
}

const has = (folder: string, ...names: string[]) =>
  names.every((name) => existsSync(path.join(folder, name)));
const when = (fits: boolean, folder: string) => (fits ? folder : undefined);

/** In the order in which they are tried: the first that fits is taken. */
const formats: readonly Format[] = [
  {
    scheme: 'folder',
    sign: 'images and masks',
    find: async (folder) =>
      when(has(folder, 'classes.txt') && !has(folder, 'ImageSets') && (await hasMasks(folder)), folder),
  },
  {
    scheme: 'cvat',
    sign: 'labelmap.txt and SegmentationClass',
    find: async (folder) => when(has(folder, 'labelmap.txt', 'SegmentationClass'), folder),
  },
  {
    scheme: 'voc',
    sign: 'JPEGImages and ImageSets/Segmentation',
    find: async (folder) => {
      const root = await findVocRoot(folder).catch(() => undefined); // which says why it is none
      return when(root !== undefined && has(root, 'ImageSets/Segmentation'), folder);
    },
  },
  {
    scheme: 'sbd',
    sign: 'img, cls and train.txt',
    find: async (folder) => {
      const root = findSbdRoot(folder);
      return when(root !== undefined && has(root, 'img', 'cls'), folder);
    },
  },
  {
    scheme: 'cityscapes',
    sign: 'leftImg8bit and gtFine',
    find: async (folder) =>
      when(has(folder, 'leftImg8bit') && annotationFolder(folder) !== undefined, folder),
  },
  {
    scheme: 'supervisely',
    sign: 'meta.json and a folder with img and ann',
    find: async (folder) => {
      return when(has(folder, 'meta.json') && (await supervisedDatasets(folder)).length > 0, folder);
    },
  },
  {
    scheme: 'roboflow',
    sign: '_classes.csv, there or in train',
    find: async (folder) => {
      return when(has(folder, '_classes.csv') || (await roboflowSplits(folder)).length > 0, folder);
    },
  },
  {
    scheme: 'yolo',
    sign: 'data.yaml',
    find: async (folder) => when(has(folder, 'data.yaml') || (await hasOtherYaml(folder)), folder),
  },
  { scheme: 'coco', sign: "COCO's JSON, there or one folder below", find: findCoco },
  {
    scheme: 'labelstudio',
    sign: "Label Studio's JSON or PNGs",
    find: async (folder) => {
      const names = await listFolder(folder, 'data set');
      if (names.some(isMaskName)) return folder;
      for (const name of names) {
        const file = path.join(folder, name);
        if (isJson(name) && (await isLabelStudio(file))) return file;
      }
      return undefined;
    },
  },
  {
    scheme: 'labelme',
    sign: "labelme's JSON, there or below, or what labelme2voc writes",
    find: async (folder) => {
      const fits =
        isLabelmeExport(folder) || (await labelmeFiles(folder, await filesBelow(folder))).length > 0;
      return when(fits, folder);
    },
  },
];

/** Whether there are folders of images and of masks, and not of annotations of another kind. */
async function hasMasks(folder: string): Promise<boolean> {
  for (const { masks } of await findFolderPairs(folder)) {
    const { ids } = await FileIndex.read(path.join(folder, masks), maskExtensions, 'mask');
    if (ids.length > 0) return true;
  }
  return false;
}

/**
 * The format of a folder, or of a JSON or YAML file. Where several fit, the first of the order above is taken; where none
 * does, folders of images and masks are enough: exports of tools have such folders as well.
 * @throws FcnError when none fits, saying what was looked for
 */
export async function recognize(place: string): Promise<Recognized> {
  if (statSync(place).isFile()) return { spec: await recognizeFile(place), others: [] };
  const found: string[] = [];
  for (const { scheme, find } of formats) {
    const rest = await find(place);
    if (rest !== undefined) found.push(`${scheme}:${rest}`);
  }
  if (found.length === 0 && (await hasMasks(place))) found.push(`folder:${place}`);
  const [spec, ...others] = found;
  if (spec !== undefined) return { spec, others };
  const only = await onlyFolderIn(place);
  const inside = only === undefined ? undefined : await recognize(only).catch(() => undefined);
  if (inside) return inside;
  const unknown = await describeUnknown(place);
  if (unknown !== undefined) throw inputError(`data '${place}': ${unknown}`);
  const signs = formats.map(({ scheme, sign }) => `${scheme} (${sign})`).join(', ');
  throw inputError(`data '${place}': got a folder in no known format, expected one of: ${signs}`);
}

/** Where archives unpack to, which often hold one folder and nothing else that counts. */
async function onlyFolderIn(folder: string): Promise<string | undefined> {
  const names = (await listFolder(folder, 'data set')).filter((name) => !isLeftBehind(name));
  const folders = names.filter((name) => lookAt(path.join(folder, name))?.isDirectory());
  const isSaying = (name: string) => /^(readme|licen[cs]e)/i.test(name);
  const [only, ...others] = folders;
  const hasFiles = names.some((name) => !folders.includes(name) && !isSaying(name));
  return only === undefined || others.length > 0 || hasFiles ? undefined : path.join(folder, only);
}

async function recognizeFile(file: string): Promise<string> {
  const archive = await archiveError(file);
  if (archive) throw archive;
  if (/\.ya?ml$/i.test(file)) return `yolo:${file}`;
  if (isJson(file) && (await isCoco(file))) return `coco:${file}`;
  if (isJson(file) && (await isLabelStudio(file))) return `labelstudio:${file}`;
  throw inputError(
    `data '${file}': got a file in no known format, expected a folder, COCO or Label Studio JSON, or a data.yaml`,
  );
}

/** Of several files the one of training images with instances is wanted. */
async function findCoco(folder: string): Promise<string | undefined> {
  const files = (await filesBelow(folder)).filter((file) => isJson(file) && file.split(path.sep).length <= 2);
  const rank = (file: string) =>
    (/train/i.test(file) ? 0 : 2) + (/keypoint|caption|image_info/i.test(file) ? 1 : 0);
  for (const file of files.sort((a, b) => rank(a) - rank(b))) {
    const whole = path.join(folder, file);
    if (await isCoco(whole)) return whole;
  }
  return undefined;
}

async function isCoco(file: string): Promise<boolean> {
  const beginning = await beginningOf(file);
  if (!/^\s*\{/.test(beginning) || !/"(images|annotations|categories)"\s*:\s*\[/.test(beginning))
    return false;
  const keys = ['images', 'annotations', 'categories'];
  const bytes = await readInput(file, 'COCO file');
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return true; // UTF-16, as the reader will say
  try {
    const arrays = findArrays(bytes, keys, file);
    return keys.every((key) => arrays.has(key));
  } catch {
    return true; // one that is damaged, as the reader will say
  }
}

async function isLabelStudio(file: string): Promise<boolean> {
  const beginning = await beginningOf(file);
  return /^\s*\[/.test(beginning) && /"(annotations|completions|original_width)"\s*:/.test(beginning);
}

function isJson(file: string): boolean {
  return path.extname(file).toLowerCase() === '.json';
}
