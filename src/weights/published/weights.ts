import { existsSync } from 'node:fs';
import path from 'node:path';
import { download, type Patience } from '../../base/download/download.ts';
import type { Feedback } from '../../base/download/feedback.ts';
import { checkCarried, copyAtomic, isThere } from '../../base/download/obtain.ts';
import { PartialFile } from '../../base/download/partial-file.ts';
import { inputError } from '../../base/errors.ts';
import type { PublishedWeights } from './catalog.ts';

export interface WeightsPlaces {
  readonly cache: string;
  /** The file, carried here by hand: nothing is downloaded. */
  readonly from?: string;
  /** Where to put it instead of into the cache. A file that is there is not overwritten. */
  readonly out?: string;
  readonly patience?: Patience;
}

/**
 * Puts published weights into the cache, or elsewhere, and checks them.
 * @returns the file's path
 * @throws FcnError when they cannot be downloaded or written, or are not what is published.
 */
export async function getWeights(
  { file }: PublishedWeights,
  { cache, from, out, patience }: WeightsPlaces,
  feedback: Feedback,
): Promise<string> {
  const cached = path.join(cache, file.name);
  const target = out ?? cached;
  // In the cache, a file of that name is ours. Anywhere else only a checksum can tell.
  const canTell = out === undefined || file.checksum !== undefined;
  if (canTell && (await isThere(file, target))) {
    feedback.notice(`${target} already exists`);
  } else if (out !== undefined && existsSync(out)) {
    throw inputError(
      `--out ${out}: got a file that already exists, expected a new one or ${file.name}; choose another name or remove it`,
    );
  } else if (from !== undefined) {
    await checkCarried(file, from);
    await copyAtomic(from, target);
  } else if (out !== undefined && (await isThere(file, cached))) {
    await copyAtomic(cached, out);
  } else {
    const part = new PartialFile(target);
    // In the cache, parts are ours.
    if (out !== undefined && (await part.isTaken())) {
      throw inputError(
        `--out ${out}: got ${part.file}, which fcn did not download, where the file would be written until it is complete; ` +
          'choose another name or remove it',
      );
    }
    await download(file, target, feedback, patience);
  }
  if (!file.checksum) {
    feedback.notice(
      `${file.name}: there is no published checksum, so fcn could not check that it is the right file`,
    );
  }
  return target;
}
