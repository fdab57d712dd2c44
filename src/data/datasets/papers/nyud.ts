import path from 'node:path';
import { inputError } from '../../../base/errors.ts';
import { readWithRemarks } from '../../images/decode.ts';
import { stackChannels } from '../../images/stack-channels.ts';
import { checkDirectory } from '../check-directory.ts';
import type { Dataset } from '../dataset.ts';
import { fileDataset, pairFiles, type ReadImage } from '../file-dataset.ts';
import { findFiles, imageExtensions } from '../find-files.ts';
import { listSplits, readSplit } from '../split-file.ts';
import { type OnUnusable, refuseUnusable } from '../unusable.ts';
import { countedFromOne, matrixLabel } from './matrix-label.ts';
import { type Modality, modalities, readDepth } from './nyud-modalities.ts';

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
 * `nyud:DIR?modality=M&depth=N`: NYU Depth V2 in the layout that the reference implementation reads (nyud_layers.py): data/images/img_N.png, what
 * the camera's color sensor saw; data/depth/img_N.png, 16-bit gray, and data/hha/img_N.png (Gupta et al. 2014), where the modality
 * needs them; segmentation/img_N.mat with the variable `segmentation`, 1 to 40, 0 void; SPLIT.txt with numbers N. Where there is no trainval.txt,
 * trainval is train and then val. `depth` is what depths are counted in, per metre: 1000, the default, for millimetres.
 * @throws FcnError when anything that the split names is missing; the content of a file is checked when it is loaded.
 */
export async function openNyud(
  rest: string,
  split: string,
  onUnusable: OnUnusable = refuseUnusable,
): Promise<Dataset> {
  const { directory, modality, unitsPerMetre } = parse(rest);
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
  const [first, second] = modality.folders as [string, string?];
  const images = await find(path.join('data', first), imageExtensions, 'image');
  const others =
    second === undefined ? undefined : await find(path.join('data', second), imageExtensions, 'image');
  const labels = await find('segmentation', ['.mat'], 'label');
  const classOf = countedFromOne(classes.length, 0);
  const complete = ids.filter((id) => !others || others.has(id));
  const samples = pairFiles(complete, images, labels, (bytes, file) =>
    matrixLabel(bytes, file, 'segmentation', classOf),
  );
  const name = `nyud:${rest} ${split}`;
  if (!modality.channels) return fileDataset(name, classes, samples);
  const otherOf = new Map(complete.map((id) => [images.get(id)!, others?.get(id)]));
  const read: ReadImage = async (file) => {
    const decoded = await readWithRemarks(file);
    const other = otherOf.get(file);
    if (other === undefined) return decoded;
    const further =
      second === 'depth' ? await readDepth(other, unitsPerMetre) : (await readWithRemarks(other)).image;
    return { ...decoded, image: stackChannels([decoded.image, further], [file, other]) };
  };
  const { withChannels: _, ...dataset } = fileDataset(name, classes, samples, undefined, read);
  return {
    ...dataset,
    channels: modality.channels,
    ...(others && { otherImageFiles: (index) => [others.get(dataset.ids[index]!)!] }),
  };
}

export async function nyudSplits(rest: string): Promise<string[]> {
  const { directory } = parse(rest);
  const listed = await listSplits(directory);
  if (listed.length === 0) {
    throw inputError(
      `data nyud:${directory}: got no lists of splits, expected train.txt, val.txt or test.txt in it`,
    );
  }
  const isSplit = listed.includes('train') && listed.includes('val') && !listed.includes('trainval');
  return isSplit ? [...listed, 'trainval'].sort() : listed;
}

function parse(rest: string): { directory: string; modality: Modality; unitsPerMetre: number } {
  const [, directory = '', query = ''] = /^(.*?)(?:\?(.*))?$/s.exec(rest) ?? [];
  checkDirectory('nyud', directory);
  const {
    modality: name = 'rgb',
    depth = '1000',
    ...others
  } = Object.fromEntries(new URLSearchParams(query));
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) {
    throw inputError(`data nyud:${rest}: got ${unknown}, expected modality or depth behind the ?`);
  }
  const modality = Object.hasOwn(modalities, name) ? modalities[name] : undefined;
  if (!modality) {
    throw inputError(
      `data nyud:${rest}: got the modality ${name}, expected one of ${Object.keys(modalities).join(', ')}`,
    );
  }
  const unitsPerMetre = Number(depth);
  if (unitsPerMetre > 0) return { directory, modality, unitsPerMetre };
  throw inputError(`data nyud:${rest}: got depth ${depth}, expected units per metre, 1000 for millimetres`);
}
