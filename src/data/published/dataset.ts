import { existsSync, rmSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Patience } from '../../base/download/download.ts';
import { extractTar } from '../../base/download/extract.ts';
import type { Feedback } from '../../base/download/feedback.ts';
import { checkCarried, copyAtomic, obtainCached } from '../../base/download/obtain.ts';
import type { PublishedFile } from '../../base/download/published-file.ts';
import { inputError } from '../../base/errors.ts';
import { diskFailure, makeFolder } from '../../base/files.ts';
import { removeAbandoned, temporaryName } from '../../base/temporary-files.ts';
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

  await inTemporaryFolder(root, dataset.name, async (temporary) => {
    await extractTar(archive, temporary, feedback);
    const unpacked = path.join(temporary, dataset.from);
    if (!existsSync(unpacked))
      throw inputError(`${archive}: got no folder ${dataset.from} in it, expected one`);
    for (const { from, to } of extras) await copyAtomic(from, path.join(unpacked, to));
    await makeFolder(path.dirname(target));
    await rename(unpacked, target).catch((thrown) => {
      throw diskFailure(`cannot write ${target}`, thrown);
    });
  });
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

/** Does some work in a folder beside its result, which is removed when the work has ended, however it ends. */
async function inTemporaryFolder(
  root: string,
  name: string,
  work: (folder: string) => Promise<void>,
): Promise<void> {
  await makeFolder(root);
  await removeAbandoned(root, (written) => written === `.${name}`); // gigabytes
  const folder = temporaryName(path.join(root, `.${name}`));
  // Retries: what was being written when the work ended may still come.
  const removal = { recursive: true, force: true, maxRetries: 5 };
  const removeOnExit = () => rmSync(folder, removal);
  process.on('exit', removeOnExit); // Ctrl-C
  try {
    await mkdir(folder).catch((thrown) => {
      throw diskFailure(`cannot create the folder ${folder}`, thrown);
    });
    await work(folder);
  } finally {
    await rm(folder, removal);
    process.off('exit', removeOnExit);
  }
}
