import { existsSync } from 'node:fs';
import path from 'node:path';
import { FcnError, inputError } from '../../base/errors.ts';
import { checkDirectory } from './check-directory.ts';
import { findClassFile } from './class-file.ts';
import { readClassList } from './class-list.ts';
import type { Dataset } from './dataset.ts';
import { drawnSplits, drawSplit } from './drawn-split.ts';
import { fileDataset, type SampleFiles } from './file-dataset.ts';
import type { FileIndex } from './file-index.ts';
import { type FolderPair, findFolderPairs } from './folder-layout.ts';
import { addTo, inOrder, splitOfFolder } from './formats/split-folders.ts';
import type { LabelMeaning } from './label-meaning.ts';
import { missingClassList } from './missing-class-list.ts';
import { idOfListLine, openPairs, type PairedFolders, pairSamples } from './pair-samples.ts';
import { listSplits, readSplit } from './split-file.ts';
import { folderAbove } from './unknown-folder.ts';
import { aboutUnpaired, unpairedIn } from './unpaired.ts';
import { type OnUnusable, refuseUnusable } from './unusable.ts';

/**
 * `folder:DIR`: images and masks of one's own. DIR/images/ID.jpg (or another kind of image, also in folders below),
 * DIR/masks/ID.png (or ID_mask.png, or another kind of mask; folder-layout.ts has other names and places of the two
 * folders), DIR/classes.txt (class-list.ts), DIR/splits/SPLIT.txt (an id or image file name a line). Without the folder
 * splits, the splits are those that folders are named after (DIR/images/train, DIR/train/images), or else each image is in
 * `train` (80 %) or `val` by a hash of its id: adding images moves none of the others.
 * @throws FcnError when anything that the split names is missing; the content of a file is checked when it is loaded.
 */
export async function openFolder(
  directory: string,
  split: string,
  onUnusable: OnUnusable = refuseUnusable,
): Promise<Dataset> {
  const folders = await foldersOf(directory);
  const { classes, meaning } = await readClassList(await classFile(directory, folders));
  const { samples, warnings } =
    folders[0]!.split === undefined
      ? await samplesOfList(directory, folders[0]!, split, meaning, onUnusable)
      : await samplesOfSplitFolders(directory, folders, split, meaning, onUnusable);
  return withWarnings(fileDataset(`folder:${directory} ${split}`, classes, samples, meaning), warnings);
}

/** A table of images and masks is a list as well. */
const kindsOfLists = ['.txt', '.csv'];

interface Found {
  readonly samples: SampleFiles[];
  readonly warnings: readonly string[];
}

function withWarnings(dataset: Dataset, more: readonly string[]): Dataset {
  const { warnings = [], withChannels } = dataset;
  return {
    ...dataset,
    warnings: [...warnings, ...more],
    ...(withChannels && { withChannels: async (count) => withWarnings(await withChannels(count), more) }),
  };
}

export async function folderSplits(directory: string): Promise<string[]> {
  const folders = await foldersOf(directory);
  if (folders[0]!.split !== undefined) return splitsOf(folders);
  if (existsSync(splitFolder(directory))) return listSplits(splitFolder(directory), kindsOfLists);
  const pairs = await open(directory, folders[0]!);
  const { ids } = labeledIds(pairs, () => undefined); // what is wrong is said when a split is opened
  return [...(splitsByFolder(ids)?.keys() ?? drawnSplits)];
}

/** At least one; where there is none, the usual names, which are then said to be missing. */
async function foldersOf(directory: string): Promise<FolderPair[]> {
  checkDirectory('folder', directory);
  const folders = await findFolderPairs(directory);
  if (folders.length > 0) return folders;
  const above = await folderAbove(directory);
  if (above === undefined) return [{ images: 'images', masks: 'masks', prefix: '' }];
  throw inputError(
    `data folder:${directory}: got one of the folders of a data set, expected the folder that contains the images and the masks; ` +
      `name folder:${above}`,
  );
}

function open(directory: string, { images, masks }: FolderPair): Promise<PairedFolders> {
  return openPairs(directory, images, masks, { maskName: 'mask', listsNumbers: false });
}

/** Where one folder holds the images of all splits. */
async function samplesOfList(
  directory: string,
  folder: FolderPair,
  split: string,
  meaning: LabelMeaning,
  onUnusable: OnUnusable,
): Promise<Found> {
  const pairs = await open(directory, folder);
  if (existsSync(splitFolder(directory))) {
    const idOfLine = (line: string) => idOfListLine(line, pairs, onUnusable);
    const ids = await readSplit(splitFolder(directory), split, onUnusable, idOfLine, kindsOfLists);
    return { samples: pairSamples(ids, pairs, meaning, onUnusable), warnings: [] };
  }
  const { ids: labeled, warnings } = labeledIds(pairs, onUnusable);
  const ids = unlistedIds(pairs.images, labeled, split);
  return { samples: pairSamples(ids, pairs, meaning, onUnusable), warnings };
}

/** The images that have a mask, and what to say of the others; all where there are no masks. */
function labeledIds(
  pairs: PairedFolders,
  onUnusable: OnUnusable,
): { readonly ids: readonly string[]; readonly warnings: readonly string[] } {
  const { ids } = pairs.images;
  const unpaired = unpairedIn(pairs);
  if (unpaired.images.length === ids.length && unpaired.masks.length === 0) return { ids, warnings: [] };
  const about = aboutUnpaired(unpaired, pairs);
  if (about instanceof FcnError) {
    if (unpaired.images.length === ids.length) throw about;
    onUnusable(about, unpaired.images);
  }
  const bare = new Set(unpaired.images);
  return { ids: ids.filter((id) => !bare.has(id)), warnings: typeof about === 'string' ? [about] : [] };
}

/** Where each split has folders of its own. */
async function samplesOfSplitFolders(
  directory: string,
  folders: readonly FolderPair[],
  split: string,
  meaning: LabelMeaning,
  onUnusable: OnUnusable,
): Promise<Found> {
  const chosen = folders.filter((folder) => folder.split === split);
  if (chosen.length === 0) throw unknownSplit(split, directory, splitsOf(folders));
  const samples: SampleFiles[] = [];
  const warnings: string[] = [];
  for (const folder of chosen) {
    const withPrefix = (id: string) => `${folder.prefix}${id}`;
    const unusable: OnUnusable = (problem, ids) => onUnusable(problem, ids.map(withPrefix));
    const pairs = await open(directory, folder);
    const labeled = labeledIds(pairs, unusable);
    warnings.push(...labeled.warnings);
    for (const sample of pairSamples(labeled.ids, pairs, meaning, unusable)) {
      samples.push({ ...sample, id: withPrefix(sample.id) });
    }
  }
  if (samples.length > 0) return { samples, warnings };
  throw inputError(`split '${split}': got no image in ${path.join(directory, chosen[0]!.images)}`);
}

function splitsOf(folders: readonly FolderPair[]): string[] {
  return [...inOrder(new Map(folders.map(({ split }) => [split!, true]))).keys()];
}

function unlistedIds({ folder, unreadable }: FileIndex, all: readonly string[], split: string): string[] {
  const byFolder = splitsByFolder(all);
  const known = byFolder ? [...byFolder.keys()] : drawnSplits;
  if (!known.includes(split)) throw unknownSplit(split, folder, known);
  if (byFolder) return byFolder.get(split)!;
  const chosen = drawSplit(all, split);
  const ids = all.filter((id) => chosen.has(id));
  if (ids.length > 0) return ids;
  if (all.length < 2) {
    throw inputError(
      `images ${folder}: got ${all.length} with a mask, expected at least 2, one each for train and val; ${unreadable ? `there are ${unreadable}` : 'add images'}`,
    );
  }
  throw inputError(
    `split '${split}': got none of the ${all.length} images in ${folder} by chance; write the ids of both splits to ` +
      'splits/train.txt and splits/val.txt',
  );
}

/** Ids by split where every one lies in a folder that is named after a split: `train/a`. */
function splitsByFolder(ids: readonly string[]): Map<string, string[]> | undefined {
  const splits = new Map<string, string[]>();
  for (const id of ids) {
    const slash = id.indexOf('/');
    const split = slash < 0 ? undefined : splitOfFolder(id.slice(0, slash));
    if (split === undefined) return undefined;
    addTo(splits, split, id);
  }
  return splits.size > 0 ? inOrder(splits) : undefined;
}

function unknownSplit(split: string, folder: string, known: readonly string[]): Error {
  return inputError(
    `split '${split}': got no list or folder with that name for ${folder}, expected one of: ${known.join(', ')}`,
  );
}

/** In the folder, or beside the images of a split. @throws FcnError that says what to write where there is none. */
async function classFile(directory: string, folders: readonly FolderPair[]): Promise<string> {
  const beside = folders.map(({ images, masks }) => {
    const folder = path.join(directory, images);
    return images === masks ? folder : path.dirname(folder);
  });
  const places = [directory, ...beside];
  const file = findClassFile(places);
  if (file !== undefined) return file;
  throw await missingClassList(path.join(directory, 'classes.txt'), path.join(directory, folders[0]!.masks));
}

/** VOC's, where there is no other: a folder of its layout may be called folder: as well. */
function splitFolder(directory: string): string {
  const [own, ofVoc] = [path.join(directory, 'splits'), path.join(directory, 'ImageSets', 'Segmentation')];
  return !existsSync(own) && existsSync(ofVoc) ? ofVoc : own;
}
