import { existsSync } from 'node:fs';
import path from 'node:path';
import { inputError } from '../../base/errors.ts';
import { idOf, listFolder } from '../../base/files.ts';
import { random } from '../../base/rng.ts';
import { decodeMaskPng } from '../images/mask-png.ts';
import { checkDirectory } from './check-directory.ts';
import { readColoredClasses } from './class-colors.ts';
import type { Dataset } from './dataset.ts';
import { fileDataset, pairFiles } from './file-dataset.ts';
import { findFiles, imageExtensions } from './find-files.ts';
import { listSplits, readSplit } from './split-file.ts';
import { type OnUnusable, refuseUnusable } from './unusable.ts';

const trainShare = 0.8;

/**
 * `folder:DIR`: images and masks of one's own. DIR/images/ID.jpg (or .jpeg, .png), DIR/masks/ID.png, DIR/classes.txt
 * (class-colors.ts), DIR/splits/SPLIT.txt (an id or image file name a line). Without the folder splits, each image is in `train` (80 %) or `val` by a
 * hash of its id: adding images moves none of the others.
 * @throws FcnError when anything that the split names is missing; the content of a file is checked when it is loaded.
 */
export async function openFolder(
  directory: string,
  split: string,
  onUnusable: OnUnusable = refuseUnusable,
): Promise<Dataset> {
  checkDirectory('folder', directory);
  const [images, masks] = [path.join(directory, 'images'), path.join(directory, 'masks')];
  const { classes, labels } = await readColoredClasses(path.join(directory, 'classes.txt'));
  const ids = existsSync(splitFolder(directory))
    ? await readSplit(splitFolder(directory), split, onUnusable, idOfLine)
    : await drawSplit(images, split);
  const samples = pairFiles(
    ids,
    await findFiles(images, imageExtensions, ids, 'image', onUnusable),
    await findFiles(masks, ['.png'], ids, 'mask', onUnusable),
    (bytes, file) => decodeMaskPng(bytes, file, labels),
  );
  return fileDataset(`folder:${directory} ${split}`, classes, samples);
}

export async function folderSplits(directory: string): Promise<string[]> {
  checkDirectory('folder', directory);
  return existsSync(splitFolder(directory)) ? listSplits(splitFolder(directory)) : ['train', 'val'];
}

function splitFolder(directory: string): string {
  return path.join(directory, 'splits');
}

async function drawSplit(folder: string, split: string): Promise<string[]> {
  if (split !== 'train' && split !== 'val') {
    throw inputError(`split '${split}': got no folder splits beside ${folder}, expected one of: train, val`);
  }
  const names = await listFolder(folder, 'image folder');
  const images = names.filter((name) => imageExtensions.includes(path.extname(name).toLowerCase()));
  const all = [...new Set(images.map(idOf))].sort();
  const ids = all.filter((id) => random('folder', id).uniform() < trainShare === (split === 'train'));
  if (ids.length > 0) return ids;
  throw inputError(
    `split '${split}': got none of the ${all.length} images in ${folder} by chance; write the ids of both splits to ` +
      'splits/train.txt and splits/val.txt',
  );
}

/** Names may have spaces, and a list of files is as good as a list of ids. */
function idOfLine(line: string): string {
  return imageExtensions.includes(path.extname(line).toLowerCase()) ? idOf(line) : line;
}
