import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { findClassFile } from './class-file.ts';
import { FileIndex, imageExtensions, isLeftBehind } from './file-index.ts';
import { splitOfFolder } from './formats/split-folders.ts';

/** A folder of images and the folder of their masks, which may be the same; paths below the data set's. */
export interface FolderPair {
  readonly images: string;
  readonly masks: string;
  /** The split that the two hold; undefined where they hold all. */
  readonly split?: string;
  /** What ids begin with, so that an image of one split has another id than one of another: `train/`. */
  readonly prefix: string;
}

/** What people call them, in lower case, the usual name first. */
const imageNames = ['images', 'image', 'imgs', 'img', 'img_dir', 'photos', 'jpegimages', 'inputs', 'input'];
const maskNames = [
  ...['masks', 'mask', 'labels', 'label', 'annotations', 'annotation', 'ann_dir', 'gt', 'ground_truth'],
  ...[
    'groundtruth',
    'segmentation',
    'segmentations',
    'seg_images',
    'segmentationclass',
    'targets',
    'target',
    'ann',
  ],
];
/** `train` or `train_images` beside `train_masks` or `trainannot`. */
const imageFolder = /^([a-z]+?)(?:[-_ ]?(?:images?|imgs?))?$/;
const maskFolder = /^([a-z]+?)[-_ ]?(?:masks?|labels?|annot|annotations?|gt)$/;

/**
 * Where the images and masks of a folder lie, in any of the ways that people lay them out: DIR/images and DIR/masks;
 * DIR/train/images and DIR/train/masks, likewise for other splits; or DIR/train and DIR/train_masks; or both in one
 * folder, DIR or DIR/train, the masks with a word behind their names. All this may lie one folder below the list of
 * classes. Upper case does not
 * matter, nor which of the usual names a folder has. Where `train` is the only split, its folders hold all images: some of
 * them will have to serve for validation.
 * @returns nothing where there is no such pair of folders
 */
export async function findFolderPairs(directory: string): Promise<FolderPair[]> {
  const whole = await pairIn(directory);
  if (whole) return [{ ...whole, prefix: '' }];
  const names = await foldersIn(directory);
  const nested: FolderPair[] = [];
  for (const name of names) {
    const split = splitOfFolder(name);
    const place = path.join(directory, name);
    const pair = split === undefined ? undefined : ((await pairIn(place)) ?? (await bothIn(place)));
    if (split === undefined || !pair) continue;
    const [images, masks] = [path.join(name, pair.images), path.join(name, pair.masks)];
    nested.push({ images, masks, split, prefix: `${name}/` });
  }
  const beside = nested.length > 0 ? nested : besideEachOther(names);
  const both = beside.length > 0 ? undefined : await bothIn(directory);
  const all = both ? [{ ...both, prefix: '' }] : beside;
  if (all.length === 0) return pairsBelowList(directory, names);
  const [only, ...others] = all;
  if (only?.split !== 'train' || others.length > 0) return all;
  return [{ images: only.images, masks: only.masks, prefix: '' }];
}

/** Those of the only folder in a folder, where the list of classes lies beside it: DIR/classes.txt, DIR/data/images, DIR/data/masks. */
async function pairsBelowList(
  directory: string,
  [only, ...others]: readonly string[],
): Promise<FolderPair[]> {
  if (only === undefined || others.length > 0 || findClassFile([directory]) === undefined) return [];
  const pairs = await findFolderPairs(path.join(directory, only));
  return pairs.map((pair) => ({
    ...pair,
    images: path.join(only, pair.images),
    masks: path.join(only, pair.masks),
  }));
}

/** The folders of a pair that lies directly in a folder. */
async function pairIn(directory: string): Promise<Pick<FolderPair, 'images' | 'masks'> | undefined> {
  const names = await foldersIn(directory);
  const first = (usual: readonly string[]) =>
    usual.flatMap((known) => names.find((name) => name.toLowerCase() === known) ?? [])[0];
  const [images, masks] = [first(imageNames), first(maskNames)];
  return images === undefined || masks === undefined ? undefined : { images, masks };
}

/** A folder that holds images beside their masks. */
async function bothIn(directory: string): Promise<Pick<FolderPair, 'images' | 'masks'> | undefined> {
  const entries = await readdir(directory).catch((): string[] => []);
  if (!entries.some((name) => imageExtensions.includes(path.extname(name).toLowerCase()))) return undefined;
  const { masks } = await FileIndex.readBoth(directory, 'image');
  return masks.ids.length > 0 ? { images: '.', masks: '.' } : undefined;
}

function besideEachOther(names: readonly string[]): FolderPair[] {
  const splitOf = (pattern: RegExp, name: string) =>
    splitOfFolder(pattern.exec(name.toLowerCase())?.[1] ?? '');
  return names.flatMap((images): FolderPair[] => {
    const split = splitOf(imageFolder, images);
    const masks = names.find((name) => name !== images && splitOf(maskFolder, name) === split);
    if (split === undefined || masks === undefined) return [];
    return [{ images, masks, split, prefix: `${split}/` }];
  });
}

/** Names of the folders in a folder, sorted; none where it cannot be read, which is said where it is opened. */
async function foldersIn(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch((): Dirent[] => []);
  return entries
    .filter((entry) => (entry.isDirectory() || entry.isSymbolicLink()) && !isLeftBehind(entry.name))
    .map(({ name }) => name)
    .sort();
}
