import { existsSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { inputError } from '../../../base/errors.ts';
import { idOf, listFolder } from '../../../base/files.ts';
import { listOf } from '../../../base/schemas.ts';
import { readWithRemarks } from '../../images/decode.ts';
import { checkDirectory } from '../check-directory.ts';
import type { OnUnusable } from '../unusable.ts';
import {
  type AnnotatedImage,
  type AnnotatedImages,
  checkClassCount,
  inSplit,
  type ReportProblem,
} from './annotated-images.ts';
import { withBackground } from './coco-classes.ts';
import { eachUsable } from './each-usable.ts';
import { isImage } from './find-images.ts';
import { inOrder, splitOfFolder } from './split-folders.ts';
import { labelOfSupervisely } from './supervisely-labels.ts';
import { readJson } from './text-file.ts';

const meta = z.object({ classes: listOf(z.object({ title: z.string().min(1) })) });

/**
 * `supervisely:DIR`: a project in Supervisely's format: meta.json with the classes, and folders of data sets with
 * img/NAME and ann/NAME.json. Data sets called train, val and test are splits; otherwise all belong together.
 */
export async function readSupervisely(directory: string, report: ReportProblem): Promise<AnnotatedImages> {
  checkDirectory('supervisely', directory);
  const file = path.join(directory, 'meta.json');
  const { classes: given } = await readJson(meta, file, 'Supervisely file');
  // A class may be listed once for each of its shapes.
  const classes = withBackground([...new Set(given.map(({ title }) => title))]);
  checkClassCount(classes, file);
  const numbers = new Map(classes.map((name, index) => [name, index]));
  const datasets = await supervisedDatasets(directory);
  if (datasets.length === 0) {
    throw inputError(`data supervisely:${directory}: got no folder that contains img and ann, expected one`);
  }
  const areSplits = datasets.every((name) => splitOfFolder(name));
  const images = new Map<string, AnnotatedImage[]>();
  for (const dataset of datasets) {
    const prefix = areSplits || datasets.length === 1 ? '' : `${dataset}_`;
    const split = splitOfFolder(dataset) ?? dataset;
    images.set(split, await imagesOf(path.join(directory, dataset), prefix, numbers, inSplit(report, split)));
  }
  return { classes, images: areSplits ? inOrder(images) : [...images.values()].flat() };
}

/** The folders that hold a data set. */
export async function supervisedDatasets(directory: string): Promise<string[]> {
  const has = (name: string, folder: string) => existsSync(path.join(directory, name, folder));
  const names = await listFolder(directory, 'data set');
  return names.filter((name) => has(name, 'img') && has(name, 'ann')).sort();
}

async function imagesOf(
  folder: string,
  prefix: string,
  numbers: ReadonlyMap<string, number>,
  onUnusable: OnUnusable,
): Promise<AnnotatedImage[]> {
  const names = (await listFolder(path.join(folder, 'img'), 'image folder')).filter(isImage).sort();
  return eachUsable(
    names,
    onUnusable,
    (name) => `${prefix}${idOf(name)}`,
    (name) => {
      const image = path.join(folder, 'img', name);
      const candidates = [name, idOf(name)].map((base) => path.join(folder, 'ann', `${base}.json`));
      const annotation = candidates.find((candidate) => existsSync(candidate));
      if (!annotation)
        throw inputError(
          `image ${image}: its annotation ${candidates[0]} is missing; add it, or move the image out of the folder`,
        );
      return {
        id: `${prefix}${idOf(name)}`,
        source: image,
        readImage: () => readWithRemarks(image),
        labelSource: annotation,
        readLabel: (tell) => labelOfSupervisely(annotation, numbers, tell),
      };
    },
  );
}
