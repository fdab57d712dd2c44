import { readdir } from 'node:fs/promises';
import * as z from 'zod';
import { cacheFolder } from '../base/download/cache-folder.ts';
import { findByName, mirrored } from '../base/download/catalog.ts';
import type { Feedback } from '../base/download/feedback.ts';
import { inputError } from '../base/errors.ts';
import { causeOf } from '../base/files.ts';
import { isTemporary } from '../base/temporary-files.ts';
import {
  type CheckOptions,
  checkDataset as checkData,
  type DatasetCheck,
} from '../data/datasets/check/check-dataset.ts';
import type { Dataset } from '../data/datasets/dataset.ts';
import { type Hideable, hideable, hidingParts } from '../data/datasets/hidden-parts.ts';
import { type Data, namesOfSplits, openSplit } from '../data/datasets/splits.ts';
import { layouts, writeDataset } from '../data/datasets/write-dataset.ts';
import { publishedDatasets } from '../data/published/catalog.ts';
import { getDataset } from '../data/published/dataset.ts';
import { checkSettings } from './settings/check-settings.ts';
import * as common from './settings/common.ts';

export interface ConvertDataSettings {
  /** A data set of any format, generated images (`shapes:`), or splits that a program makes itself. */
  readonly data: Data;
  /** Folder to write, new or empty. */
  readonly out: string;
  /** Default: `voc`. */
  readonly format?: 'voc' | 'folder';
  /** A part of each image that is to be hidden; default: none. See hidden-parts.ts. */
  readonly hide?: Hideable;
  readonly onProgress?: (done: number, total: number) => void;
}

export interface FetchDataSettings {
  /** One of `publishedDatasets`. */
  readonly name: string;
  /** Folder to unpack it in. */
  readonly root: string;
  /** This archive, carried here by hand, instead of downloading it. */
  readonly from?: string;
  /** Is told of the progress. */
  readonly feedback?: Partial<Feedback>;
}

const checkSchema = z.strictObject({
  splits: z.array(common.file).min(1, { error: 'expected at least one name' }).optional(),
  minImages: z.int().min(0).optional(),
  onImage: common.listener<NonNullable<CheckOptions['onImage']>>(),
});

const convertSchema = z.strictObject({
  data: common.data,
  out: common.file,
  format: z.enum(Object.keys(layouts) as ['voc', 'folder']).default('voc'),
  hide: z.enum(hideable).optional(),
  onProgress: common.listener<(done: number, total: number) => void>(),
});

export const feedbackSchema = z
  .strictObject({
    progress: common.listener<Feedback['progress']>(),
    notice: common.listener<Feedback['notice']>(),
  })
  .default({})
  .transform(
    ({ progress, notice }): Feedback => ({
      progress: (...what) => progress?.(...what),
      notice: (line) => notice?.(line),
    }),
  );

const fetchSchema = z.strictObject({
  name: common.file,
  root: common.file,
  from: common.file.optional(),
  feedback: feedbackSchema,
});

/** The names of the data sets that `fetchData` knows. */
export const fetchableData: readonly string[] = publishedDatasets.map(({ name }) => name);

/**
 * Looks at every image and label of a data set, or of splits that a program makes itself, as `fcn data check` does.
 * @throws FcnError when there is no such data set or split; what cannot be used is among the problems.
 */
export async function checkDataset(data: Data, options: CheckOptions = {}): Promise<DatasetCheck> {
  const checked = checkSettings(checkSchema, options, 'checkDataset');
  return checkData(checkSettings(common.data, data, 'checkDataset'), checked);
}

/**
 * Writes a data set, with every image, label and split, in a layout that fcn and other tools read.
 * @returns its SPEC
 * @throws FcnError when the data cannot be used, or the folder is not empty.
 */
export async function convertData(settings: ConvertDataSettings): Promise<string> {
  const { data, out, format, hide, onProgress } = checkSettings(convertSchema, settings, 'convertData');
  await refuseFull(out);
  const names = await namesOfSplits(data);
  const splits: Dataset[] = [];
  for (const name of names) splits.push(await openSplit(data, name));
  const total = splits.reduce((sum, { ids }) => sum + ids.length, 0);
  const written = hide ? splits.map((split) => hidingParts(split, hide)) : splits;
  await writeDataset(written, names, out, layouts[format], (done) => onProgress?.(done, total));
  return `${format}:${out}`;
}

/**
 * Downloads a public data set, checks it and unpacks it. What has been downloaded is continued the next time.
 * @returns its folder
 * @throws FcnError when it cannot be had, or is not what is published.
 */
export async function fetchData(settings: FetchDataSettings): Promise<string> {
  const { name, root, from, feedback } = checkSettings(fetchSchema, settings, 'fetchData');
  const found = findByName(publishedDatasets, name, 'fetchData');
  const extras = found.extras.map(({ file, to }) => ({ file: mirrored(file), to }));
  const dataset = { ...found, archive: mirrored(found.archive), extras };
  return getDataset(dataset, root, { cache: cacheFolder(), from }, feedback);
}

async function refuseFull(folder: string): Promise<void> {
  const names = await readdir(folder).catch((thrown) => {
    if (thrown.code === 'ENOENT') return [];
    throw inputError(`convertData: out: cannot write to ${folder}: ${causeOf(thrown)}`, thrown);
  });
  if (names.every(isTemporary)) return; // what a killed process has left
  throw inputError(`convertData: out: got the folder ${folder}, which is not empty, expected a new one`);
}
