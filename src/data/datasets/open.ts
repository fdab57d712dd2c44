import { existsSync } from 'node:fs';
import { inputError } from '../../base/errors.ts';
import { whyMissing } from '../../base/files.ts';
import type { Dataset } from './dataset.ts';
import { recognize } from './recognize.ts';
import { type Count, type Scheme, schemes } from './schemes.ts';
import { archiveError } from './unknown-folder.ts';
import { type OnUnusable, refuseUnusable } from './unusable.ts';

/**
 * One split of the data set that `spec` names: `voc:DIR`, `shapes:...`; or a folder or file without a scheme, whose
 * format is recognized (recognize.ts).
 * @param onUnusable when given, takes what is wrong with single images instead of it being thrown; they are left out
 * @throws FcnError when it cannot be used.
 */
export async function openDataset(
  spec: string,
  split: string,
  onUnusable: OnUnusable = refuseUnusable,
): Promise<Dataset> {
  const { scheme, rest } = await parse(spec);
  return scheme.open(rest, split, onUnusable);
}

/** The splits of the data set that `spec` names. @throws FcnError when it cannot be used. */
export async function splitsOf(spec: string): Promise<string[]> {
  const { scheme, rest } = await parse(spec);
  return scheme.splits(rest);
}

/** How many images and classes the data set has that `spec` names. @throws FcnError when it cannot be used. */
export async function countDataset(spec: string): Promise<Count> {
  const { scheme, rest } = await parse(spec);
  return scheme.count(rest);
}

/** Whether a SPEC says of what format the data set is. */
export function hasScheme(spec: string): boolean {
  return spec.includes(':') && Object.hasOwn(schemes, spec.slice(0, spec.indexOf(':')));
}

async function parse(spec: string): Promise<{ scheme: Scheme; rest: string }> {
  if (!hasScheme(spec) && !existsSync(spec)) {
    const known = Object.keys(schemes)
      .map((scheme) => `${scheme}:`)
      .join(', ');
    const neither = `got neither an existing folder nor a known prefix, expected a folder, or one of ${known} before it`;
    throw inputError(`data '${spec}': ${whyMissing(spec, neither)}`);
  }
  const named = hasScheme(spec) ? spec : (await recognize(spec)).spec;
  const colon = named.indexOf(':');
  const archive = await archiveError(named.slice(colon + 1));
  if (archive) throw archive;
  return { scheme: schemes[named.slice(0, colon)]!, rest: named.slice(colon + 1) };
}
