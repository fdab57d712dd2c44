import { existsSync } from 'node:fs';
import { inputError } from '../../base/errors.ts';

/** @throws FcnError when the directory of a SPEC such as `voc:DIR` is not named or not there. */
export function checkDirectory(scheme: string, directory: string): void {
  if (directory === '') throw inputError(`data '${scheme}:': got no directory, expected ${scheme}:DIR`);
  if (!existsSync(directory)) throw inputError(`data ${scheme}:${directory}: there is no such folder`);
}
