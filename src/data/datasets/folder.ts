import { existsSync } from 'node:fs';
import path from 'node:path';
import { inputError } from '../../base/errors.ts';
import { checkDirectory } from './check-directory.ts';
import { readClassList } from './class-list.ts';
import type { Dataset } from './dataset.ts';
import { drawnSplits, drawSplit } from './drawn-split.ts';
import { fileDataset } from './file-dataset.ts';
import type { FileIndex } from './file-index.ts';
import { idOfListLine, openPairs, pairSamples } from './pair-samples.ts';
import { listSplits, readSplit } from './split-file.ts';
import { type OnUnusable, refuseUnusable } from './unusable.ts';

/**
 * `folder:DIR`: images and masks of one's own. DIR/images/ID.jpg (or another kind of image, also in folders below),
 * DIR/masks/ID.png (or ID_mask.png, or another kind of mask), DIR/classes.txt (class-list.ts), DIR/splits/SPLIT.txt (an id
 * or image file name a line). Without the folder splits, each image is in `train` (80 %) or `val` by a hash of its id:
 * adding images moves none of the others.
 * @throws FcnError when anything that the split names is missing; the content of a file is checked when it is loaded.
 */
export async function openFolder(
  directory: string,
  split: string,
  onUnusable: OnUnusable = refuseUnusable,
): Promise<Dataset> {
  checkDirectory('folder', directory);
  const { classes, meaning } = await readClassList(classFile(directory));
  const pairs = await openPairs(directory, 'images', 'masks', { maskName: 'mask', listsNumbers: false });
  const idOfLine = (line: string) => idOfListLine(line, pairs, onUnusable);
  const ids = existsSync(splitFolder(directory))
    ? await readSplit(splitFolder(directory), split, onUnusable, idOfLine)
    : idsOfSplit(pairs.images, split);
  return fileDataset(
    `folder:${directory} ${split}`,
    classes,
    pairSamples(ids, pairs, meaning, onUnusable),
    meaning,
  );
}

export async function folderSplits(directory: string): Promise<string[]> {
  checkDirectory('folder', directory);
  return existsSync(splitFolder(directory)) ? listSplits(splitFolder(directory)) : ['train', 'val'];
}

function classFile(directory: string): string {
  const file = path.join(directory, 'classes.txt');
  if (existsSync(file)) return file;
  throw inputError(
    `cannot read the class names ${file}: there is no such file; write it beside the folders images and masks, a class a ` +
      "line in the order of their values ('NAME VALUE' where these are not 0, 1, 2)",
  );
}

function splitFolder(directory: string): string {
  return path.join(directory, 'splits');
}

function idsOfSplit({ folder, ids: all }: FileIndex, split: string): string[] {
  if (!drawnSplits.includes(split)) {
    throw inputError(`split '${split}': got no folder splits beside ${folder}, expected one of: train, val`);
  }
  const chosen = drawSplit(all, split);
  const ids = all.filter((id) => chosen.has(id));
  if (ids.length > 0) return ids;
  throw inputError(
    `split '${split}': got none of the ${all.length} images in ${folder} by chance; write the ids of both splits to ` +
      'splits/train.txt and splits/val.txt',
  );
}
