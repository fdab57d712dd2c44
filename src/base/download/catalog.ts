import { inputError } from '../errors.ts';
import type { PublishedFile } from './published-file.ts';

/** The entry of a catalog. @throws FcnError (exit code 2) when there is none of that name. */
export function findByName<T extends { readonly name: string }>(
  entries: readonly T[],
  name: string,
  what: string,
): T {
  const entry = entries.find((candidate) => candidate.name === name);
  if (entry) return entry;
  throw inputError(
    `${what}: got '${name}', expected one of ${entries.map((known) => known.name).join(', ')}`,
  );
}

/** The file as FCN_MIRROR has it, when that is set: an address that holds the files under their names. */
export function mirrored(file: PublishedFile): PublishedFile {
  const mirror = process.env.FCN_MIRROR;
  if (!mirror) return file;
  if (!/^https?:/.test(mirror) || !URL.canParse(mirror)) {
    throw inputError(`FCN_MIRROR: got '${mirror}', expected an http or https address`);
  }
  return { ...file, url: `${mirror.replace(/\/*$/, '')}/${file.name}` };
}
