import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import path from 'node:path';
import type { Patience } from '../../base/download/download.ts';
import { extractTar } from '../../base/download/extract.ts';
import type { Feedback } from '../../base/download/feedback.ts';
import { checkCarried, copyAtomic, obtainCached } from '../../base/download/obtain.ts';
import type { PublishedFile } from '../../base/download/published-file.ts';
import { inputError } from '../../base/errors.ts';
import { diskFailure, makeFolder } from '../../base/files.ts';
import { inTemporaryFolder } from '../../base/whole-folder.ts';
import type { PublishedDataset } from './catalog.ts';

export interface DatasetSource {
  /** Folder for the archives. */
  readonly cache: string;
  /** The archive, carried here by hand; what is published beside it is looked for beside it. Nothing is downloaded. */
  readonly from?: string;
  readonly patience?: Patience;
}

/**
 * Puts a data set into `root`: all of it or, when anything goes wrong, nothing. What is there already is left as it is.
 * @returns the data set's folder
 * @throws FcnError when it cannot be downloaded, checked, unpacked or written.
 */
export async function getDataset(
  dataset: PublishedDataset,
  root: string,
  source: DatasetSource,
  feedback: Feedback,
): Promise<string> {
  const target = path.join(root, dataset.to);
  if (existsSync(target)) {
    feedback.notice(`${target} already exists and stays as it is`);
    return target;
  }
  const archive = await locate(dataset.archive, source.from, source, feedback);
  const extras: { from: string; to: string }[] = [];
  for (const { file, to } of dataset.extras) {
    const carried = source.from && path.join(path.dirname(source.from), file.name);
    extras.push({ from: await locate(file, carried, source, feedback), to });
  }

  const name = `.${dataset.name}`;
  const unpack = async (temporary: string) => {
    await extractTar(archive, temporary, feedback);
    const unpacked = path.join(temporary, dataset.from);
    if (!existsSync(unpacked))
      throw inputError(`${archive}: got no folder ${dataset.from} in it, expected one`);
    for (const { from, to } of extras) await copyAtomic(from, path.join(unpacked, to));
    await makeFolder(path.dirname(target));
    await rename(unpacked, target).catch((thrown) => {
      throw diskFailure(`cannot write ${target}`, thrown);
    });
  };
  await inTemporaryFolder(root, name, unpack, (written) => written === name);
  if (!source.from) feedback.notice(`the archive stays in ${archive}; you can remove it`);
  return target;
}

/** The verified file: the one carried here, else from the cache or the network. */
async function locate(
  file: PublishedFile,
  carried: string | undefined,
  { cache, patience }: DatasetSource,
  feedback: Feedback,
): Promise<string> {
  if (!carried) return obtainCached(file, cache, feedback, patience);
  await checkCarried(file, carried);
  return carried;
}
