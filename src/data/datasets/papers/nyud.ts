import path from 'node:path';
import { inputError } from '../../../base/errors.ts';
import { checkDirectory } from '../check-directory.ts';
import type { Dataset } from '../dataset.ts';
import { fileDataset, pairFiles } from '../file-dataset.ts';
import { findFiles, imageExtensions } from '../find-files.ts';
import { listSplits, readSplit } from '../split-file.ts';
import { type OnUnusable, refuseUnusable } from '../unusable.ts';
import { countedFromOne, matrixLabel } from './matrix-label.ts';

/** The 40 classes of Gupta et al. 2013, in the order of their numbers (data/nyud/classes.txt of the reference implementation). */
const classes = [
  ...['wall', 'floor', 'cabinet', 'bed', 'chair', 'sofa', 'table', 'door', 'window', 'bookshelf', 'picture'],
  ...[
    'counter',
    'blinds',
    'desk',
    'shelves',
    'curtain',
    'dresser',
    'pillow',
    'mirror',
    'floor mat',
    'clothes',
  ],
  ...[
    'ceiling',
    'books',
    'refridgerator',
    'television',
    'paper',
    'towel',
    'shower curtain',
    'box',
    'whiteboard',
  ],
  ...[
    'person',
    'night stand',
    'toilet',
    'sink',
    'lamp',
    'bathtub',
    'bag',
    'otherstructure',
    'otherfurniture',
  ],
  'otherprop',
];

/**
 * `nyud:DIR`: NYU Depth V2 in the layout that the reference implementation reads (nyud_layers.py): data/images/img_N.png, what the
 * camera's color sensor saw; segmentation/img_N.mat with the variable `segmentation`, 1 to 40, 0 void; SPLIT.txt with numbers N. Where
 * there is no trainval.txt, trainval is train and then val.
 * @throws FcnError when anything that the split names is missing; the content of a file is checked when it is loaded.
 */
export async function openNyud(
  directory: string,
  split: string,
  onUnusable: OnUnusable = refuseUnusable,
): Promise<Dataset> {
  checkDirectory('nyud', directory);
  const listed = await listSplits(directory);
  const isBoth = split === 'trainval' && !listed.includes(split) && listed.includes('train');
  const numbers = isBoth
    ? [
        ...(await readSplit(directory, 'train', onUnusable)),
        ...(await readSplit(directory, 'val', onUnusable)),
      ]
    : await readSplit(directory, split, onUnusable);
  const ids = numbers.map((number) => `img_${number}`);
  const find = (folder: string, extensions: readonly string[], what: string) =>
    findFiles(path.join(directory, folder), extensions, ids, what, onUnusable);
  const images = await find(path.join('data', 'images'), imageExtensions, 'image');
  const labels = await find('segmentation', ['.mat'], 'label');
  const classOf = countedFromOne(classes.length, 0);
  const samples = pairFiles(ids, images, labels, (bytes, file) =>
    matrixLabel(bytes, file, 'segmentation', classOf),
  );
  return fileDataset(`nyud:${directory} ${split}`, classes, samples);
}

export async function nyudSplits(directory: string): Promise<string[]> {
  checkDirectory('nyud', directory);
  const listed = await listSplits(directory);
  if (listed.length === 0) {
    throw inputError(
      `data nyud:${directory}: got no lists of splits, expected train.txt, val.txt or test.txt in it`,
    );
  }
  const isSplit = listed.includes('train') && listed.includes('val') && !listed.includes('trainval');
  return isSplit ? [...listed, 'trainval'].sort() : listed;
}
