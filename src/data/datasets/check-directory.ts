import { existsSync } from 'node:fs';
import { inputError } from '../../base/errors.ts';
import { whyMissing } from '../../base/files.ts';

/** @throws FcnError when the directory of a SPEC such as `voc:DIR` is not named or not there. */
export function checkDirectory(scheme: string, directory: string): void {
  if (directory === '') throw inputError(`data '${scheme}:': got no directory, expected ${scheme}:DIR`);
  if (!existsSync(directory)) {
    throw inputError(`data ${scheme}:${directory}: ${whyMissing(directory, 'there is no such folder')}`);
  }
}
