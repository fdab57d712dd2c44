import { existsSync } from 'node:fs';
import path from 'node:path';
import { idOf, listFolder } from '../../../base/files.ts';
import { shortList } from '../../../base/text.ts';
import { decodeLabelPng } from '../../images/label-png.ts';
import { pairFiles } from '../file-dataset.ts';
import { findFiles, imageExtensions } from '../find-files.ts';
import { type AnnotatedImages, checkClassCount, type ReportProblem } from './annotated-images.ts';
import { imageOfFiles } from './image-of-files.ts';
import { readLines } from './text-file.ts';

const labelFolders = ['SegmentationClassPNG', 'SegmentationClass'];

/** Whether a folder looks like one that labelme2voc has written. */
export function isLabelmeExport(directory: string): boolean {
  const has = (name: string) => existsSync(path.join(directory, name));
  return has('class_names.txt') && labelFolders.some(has);
}

/**
 * What labelme2voc writes: JPEGImages, class_names.txt, and label PNGs in SegmentationClassPNG (old versions, which
 * keep NumPy files in SegmentationClass) or SegmentationClass. -1, for `__ignore__`, is 255 in the PNGs.
 */
export async function readLabelmeExport(directory: string, report: ReportProblem): Promise<AnnotatedImages> {
  const classes = await readLines(path.join(directory, 'class_names.txt'), 'class names', shortList);
  checkClassCount(classes, directory);
  const labels = labelFolders.map((name) => path.join(directory, name)).find((folder) => existsSync(folder))!;
  const ids = (await listFolder(labels, 'label folder'))
    .filter((name) => path.extname(name).toLowerCase() === '.png')
    .map(idOf)
    .sort();
  const samples = pairFiles(
    ids,
    await findFiles(path.join(directory, 'JPEGImages'), imageExtensions, ids, 'image', report),
    await findFiles(labels, ['.png'], ids, 'label', report),
    decodeLabelPng,
  );
  return { classes, images: samples.map((files) => imageOfFiles(files)) };
}
