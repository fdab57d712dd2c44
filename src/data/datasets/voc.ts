import { existsSync } from 'node:fs';
import path from 'node:path';
import { inputError } from '../../base/errors.ts';
import { listFolder } from '../../base/files.ts';
import { checkDirectory } from './check-directory.ts';
import { findClassFile } from './class-file.ts';
import { type ClassList, readClassList } from './class-list.ts';
import type { Dataset } from './dataset.ts';
import { fileDataset, type SampleFiles } from './file-dataset.ts';
import { classNumbers, type LabelMeaning } from './label-meaning.ts';
import { idOfListLine, openPairs, type PairedFolders, pairSamples } from './pair-samples.ts';
import { hasSeg11valid, seg11valid } from './seg11valid.ts';
import { listSplits, readSplit } from './split-file.ts';
import { type OnUnusable, refuseUnusable } from './unusable.ts';
import { vocClasses } from './voc-classes.ts';

/**
 * `voc:DIR`: the layout of PASCAL VOC. JPEGImages/ID.jpg (or another kind of image), SegmentationClass/ID.png (or another
 * mask), ImageSets/Segmentation/SPLIT.txt, and classes.txt (class-list.ts) when the classes are not VOC's. DIR holds
 * JPEGImages or lies above. The split seg11valid needs no file where it can be computed: see seg11valid.ts.
 * @throws FcnError when anything that the split names is missing; the content of a file is checked when it is loaded.
 */
export async function openVoc(
  directory: string,
  split: string,
  onUnusable: OnUnusable = refuseUnusable,
): Promise<Dataset> {
  const root = await findVocRoot(directory);
  const pairs = await vocPairs(root);
  const ids = await readVocSplit(root, split, onUnusable, { pairs });
  const { classes, meaning } = await findClasses([root, directory]);
  return fileDataset(
    `voc:${directory} ${split}`,
    classes,
    pairSamples(ids, pairs, meaning, onUnusable),
    meaning,
  );
}

export async function vocSplits(directory: string): Promise<string[]> {
  const root = await findVocRoot(directory);
  const listed = await listSplits(splitFolder(root));
  return listed.includes('seg11valid') || !hasSeg11valid(root) ? listed : [...listed, 'seg11valid'];
}

export interface VocSplitOptions {
  /** Folder of SBD, to compute seg11valid with. */
  readonly sbd?: string;
  /** The files that lines may name; without them, a line is an id. */
  readonly pairs?: PairedFolders;
}

/** The ids of a split of the data set in `root`. */
export async function readVocSplit(
  root: string,
  split: string,
  onUnusable: OnUnusable = refuseUnusable,
  { sbd, pairs }: VocSplitOptions = {},
): Promise<string[]> {
  if (split === 'seg11valid') return seg11valid(root, sbd, onUnusable);
  const idOfLine = pairs && ((line: string) => idOfListLine(line, pairs, onUnusable));
  return readSplit(splitFolder(root), split, onUnusable, idOfLine);
}

/** Images and labels of ids of the data set in `root`. */
export async function vocSamples(
  root: string,
  ids: readonly string[],
  onUnusable: OnUnusable,
): Promise<SampleFiles[]> {
  return pairSamples(ids, await vocPairs(root), vocMeaning, onUnusable);
}

function vocPairs(root: string): Promise<PairedFolders> {
  return openPairs(root, 'JPEGImages', 'SegmentationClass', { maskName: 'label', listsNumbers: true });
}

function splitFolder(root: string): string {
  return path.join(root, 'ImageSets', 'Segmentation');
}

/**
 * The folder that holds JPEGImages: the directory itself, or the only one below it, its VOCdevkit, or its
 * TrainVal/VOCdevkit (as the archive of VOC 2011 has it).
 */
export async function findVocRoot(directory: string): Promise<string> {
  checkDirectory('voc', directory);
  const isRoot = (folder: string) => existsSync(path.join(folder, 'JPEGImages'));
  if (isRoot(directory)) return directory;
  const roots: string[] = [];
  for (const below of ['', 'VOCdevkit', path.join('TrainVal', 'VOCdevkit')]) {
    const parent = path.join(directory, below);
    if (below !== '' && !existsSync(parent)) continue;
    for (const child of await listFolder(parent, 'data set')) {
      if (isRoot(path.join(parent, child))) roots.push(path.join(parent, child));
    }
  }
  if (roots.length === 1) return roots[0]!;
  if (roots.length === 0) {
    throw inputError(
      `data voc:${directory}: got no folder JPEGImages there or below, expected the layout of PASCAL VOC ` +
        '(JPEGImages, SegmentationClass, ImageSets/Segmentation)',
    );
  }
  const choices = roots.sort().map((root) => `voc:${root}`);
  throw inputError(
    `data voc:${directory}: got ${roots.length} data sets below it, expected one; choose ${choices.join(' or ')}`,
  );
}

/** Of VOC's own labels. */
export const vocMeaning: LabelMeaning = { ...classNumbers(vocClasses.length), isVoc: true };

async function findClasses(folders: string[]): Promise<ClassList> {
  const file = findClassFile(folders);
  return file === undefined ? { classes: vocClasses, meaning: vocMeaning } : await readClassList(file);
}
