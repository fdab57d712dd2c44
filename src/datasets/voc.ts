import { existsSync } from 'node:fs';
import path from 'node:path';
import { inputError } from '../errors.ts';
import { listFolder, readInput } from '../files.ts';
import { readImage } from '../images/decode.ts';
import type { LabelImage } from '../images/image.ts';
import { decodeLabelPng } from '../images/label-png.ts';
import { checkLabelValues, checkSameSize } from './check-label.ts';
import { readClassNames, vocClasses } from './class-names.ts';
import type { Dataset } from './dataset.ts';
import { readSplit } from './split-file.ts';

/**
 * `voc:DIR`: the layout of PASCAL VOC. JPEGImages/ID.jpg (or .jpeg, .png), SegmentationClass/ID.png,
 * ImageSets/Segmentation/SPLIT.txt, and classes.txt when the classes are not VOC's. DIR holds JPEGImages or lies above.
 * @throws FcnError when anything that the split names is missing; the content of a file is checked when it is loaded.
 */
export async function openVoc(directory: string, split: string): Promise<Dataset> {
  const root = await findRoot(directory);
  const ids = await readSplit(path.join(root, 'ImageSets', 'Segmentation'), split);
  const classes = await findClasses([root, directory]);
  const images = await findFiles(path.join(root, 'JPEGImages'), ['.jpg', '.jpeg', '.png'], ids, 'image');
  const labels = await findFiles(path.join(root, 'SegmentationClass'), ['.png'], ids, 'label');

  const loadLabel = async (index: number): Promise<LabelImage> => {
    const file = labels[index]!;
    const label = decodeLabelPng(await readInput(file, 'label'), file);
    checkLabelValues(label, classes.length, file);
    return label;
  };
  return {
    name: `voc:${directory} ${split}`,
    classes,
    ids,
    async load(index) {
      const [image, label] = await Promise.all([readImage(images[index]!), loadLabel(index)]);
      checkSameSize(image, images[index]!, label, labels[index]!);
      return { id: ids[index]!, image, label };
    },
    loadLabel,
    imageSource: (index) => images[index]!,
  };
}

/** The folder that holds JPEGImages: the directory itself, or the only one below it or below its VOCdevkit. */
async function findRoot(directory: string): Promise<string> {
  if (directory === '') throw inputError("data 'voc:': got no directory, expected voc:DIR");
  if (!existsSync(directory)) throw inputError(`data voc:${directory}: there is no such folder`);
  const isRoot = (folder: string) => existsSync(path.join(folder, 'JPEGImages'));
  if (isRoot(directory)) return directory;
  const roots: string[] = [];
  for (const parent of [directory, path.join(directory, 'VOCdevkit')]) {
    if (parent !== directory && !existsSync(parent)) continue;
    for (const child of await listFolder(parent, 'data set')) {
      if (isRoot(path.join(parent, child))) roots.push(path.join(parent, child));
    }
  }
  if (roots.length === 1) return roots[0]!;
  if (roots.length === 0) {
    throw inputError(
      `data voc:${directory}: got no folder JPEGImages in it or below, expected the layout of PASCAL VOC ` +
        '(JPEGImages, SegmentationClass, ImageSets/Segmentation)',
    );
  }
  const choices = roots.sort().map((root) => `voc:${root}`);
  throw inputError(
    `data voc:${directory}: got ${roots.length} data sets below it, expected one; choose ${choices.join(' or ')}`,
  );
}

async function findClasses(folders: string[]): Promise<readonly string[]> {
  const file = folders.map((folder) => path.join(folder, 'classes.txt')).find((name) => existsSync(name));
  return file === undefined ? vocClasses : await readClassNames(file);
}

/** The file of each id, from one look at the folder. */
async function findFiles(
  folder: string,
  extensions: string[],
  ids: string[],
  what: string,
): Promise<string[]> {
  const files = new Map<string, string>();
  const ambiguous = new Map<string, string>();
  for (const name of await listFolder(folder, `${what} folder`)) {
    const extension = path.extname(name);
    if (!extensions.includes(extension.toLowerCase())) continue;
    const id = path.basename(name, extension);
    const other = files.get(id);
    if (other) ambiguous.set(id, `${other} and ${name}`);
    files.set(id, name);
  }
  const missing = ids.filter((id) => !files.has(id));
  if (missing.length > 0) {
    const first = missing.slice(0, 3).join(', ') + (missing.length > 3 ? ', ...' : '');
    throw inputError(
      `data set: ${missing.length} of ${ids.length} ids have no ${what} in ${folder}: ${first}; expected ` +
        `ID${extensions.join(' or ID')} for each id of the split`,
    );
  }
  const twice = ids.find((id) => ambiguous.has(id));
  if (twice)
    throw inputError(`${what} of '${twice}' in ${folder}: got ${ambiguous.get(twice)}, expected one file`);
  return ids.map((id) => path.join(folder, files.get(id)!));
}
