import path from 'node:path';
import { inputError } from '../../base/errors.ts';
import type { LabelImage } from '../images/image.ts';
import { checkDirectory } from './check-directory.ts';
import type { Dataset } from './dataset.ts';
import { fileDataset, pairFiles, type SampleFiles } from './file-dataset.ts';
import { findFiles, imageExtensions } from './find-files.ts';
import { readMatrixField } from './mat-file.ts';
import { findSbdRoot } from './sbd-root.ts';
import { listSplits, readSplit } from './split-file.ts';
import { type OnUnusable, refuseUnusable } from './unusable.ts';
import { vocClasses } from './voc-classes.ts';

/**
 * `sbd:DIR`: the Semantic Boundaries Dataset (Hariharan et al., ICCV 2011): img/ID.jpg, cls/ID.mat and SPLIT.txt. DIR
 * holds train.txt or lies above (benchmark_RELEASE). Its classes are VOC's; its labels have no void border.
 * @throws FcnError when anything that the split names is missing; the content of a file is checked when it is loaded.
 */
export async function openSbd(
  directory: string,
  split: string,
  onUnusable: OnUnusable = refuseUnusable,
): Promise<Dataset> {
  const root = sbdRoot(directory);
  const ids = await readSplit(root, split, onUnusable);
  return fileDataset(`sbd:${directory} ${split}`, vocClasses, await sbdSamples(root, ids, onUnusable));
}

export async function sbdSplits(directory: string): Promise<string[]> {
  return listSplits(sbdRoot(directory));
}

/** @throws FcnError when the directory holds no SBD. */
export function sbdRoot(directory: string): string {
  checkDirectory('sbd', directory);
  const root = findSbdRoot(directory);
  if (root) return root;
  throw inputError(
    `data sbd:${directory}: got no train.txt there or in benchmark_RELEASE/dataset, expected the layout of SBD ` +
      '(img, cls, train.txt, val.txt)',
  );
}

/** Images and labels of ids of the data set in `root`. */
export async function sbdSamples(
  root: string,
  ids: readonly string[],
  onUnusable: OnUnusable,
): Promise<SampleFiles[]> {
  const images = await findFiles(path.join(root, 'img'), imageExtensions, ids, 'image', onUnusable);
  const labels = await findFiles(path.join(root, 'cls'), ['.mat'], ids, 'label', onUnusable);
  return pairFiles(ids, images, labels, decodeSbdLabel);
}

/** The label map of a file of SBD's folder cls. @throws FcnError naming the file when it is none, or damaged. */
export function decodeSbdLabel(bytes: Uint8Array, file: string): LabelImage {
  return readMatrixField(bytes, 'GTcls', 'Segmentation', `label ${file}`);
}
