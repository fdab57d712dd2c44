import { constants, existsSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import path from 'node:path';
import { inputError } from '../errors.ts';
import { diskFailure, makeFolder, replaceFile } from '../files.ts';
import { download, type Patience } from './download.ts';
import type { Feedback } from './feedback.ts';
import type { PublishedFile } from './published-file.ts';
import { differenceFrom } from './verify.ts';

/** Whether the published file is there, whole and right. @throws FcnError (exit code 2) when it cannot be read. */
export async function isThere(file: PublishedFile, at: string): Promise<boolean> {
  return existsSync(at) && (await differenceFrom(file, at)) === undefined;
}

/** The published file in the cache: downloaded if it is not there or not right. @returns its path */
export async function obtainCached(
  file: PublishedFile,
  cache: string,
  feedback: Feedback,
  patience?: Patience,
): Promise<string> {
  const cached = path.join(cache, file.name);
  if (!(await isThere(file, cached))) await download(file, cached, feedback, patience);
  return cached;
}

/** @throws FcnError (exit code 2) when a file that was carried here by hand is not the published one. */
export async function checkCarried(file: PublishedFile, carried: string): Promise<void> {
  const difference = await differenceFrom(file, carried);
  if (difference) throw inputError(`${carried}: ${difference} as in ${file.url}; get that file`);
}

/** Copies a file to a place where it appears only when it is whole. */
export async function copyAtomic(source: string, target: string): Promise<void> {
  await makeFolder(path.dirname(target));
  try {
    await replaceFile(target, (temporary) => copyFile(source, temporary, constants.COPYFILE_FICLONE));
  } catch (thrown) {
    throw diskFailure(`cannot write ${target}`, thrown);
  }
}
