import { inputError } from '../../base/errors.ts';
import type { Dataset } from './dataset.ts';
import { openDataset, splitsOf } from './open.ts';
import { type OnUnusable, refuseUnusable } from './unusable.ts';

/** A data set: the SPEC of one, or the splits of one that a program makes itself, by their names (`train`, `val`). */
export type Data = string | Readonly<Record<string, Dataset>>;

/**
 * One split.
 * @param onUnusable see openDataset
 * @throws FcnError when there is none of that name, or it cannot be used.
 */
export async function openSplit(
  data: Data,
  split: string,
  onUnusable: OnUnusable = refuseUnusable,
): Promise<Dataset> {
  if (typeof data === 'string') return openDataset(data, split, onUnusable);
  const found = Object.hasOwn(data, split) ? data[split] : undefined;
  if (found) return found;
  throw inputError(
    `data: got no split ${split}, only ${Object.keys(data).join(', ') || 'none'}, expected it; choose another split`,
  );
}

/** @throws FcnError when a SPEC cannot be used. */
export async function namesOfSplits(data: Data): Promise<string[]> {
  return typeof data === 'string' ? splitsOf(data) : Object.keys(data);
}

/** What a run calls its data in config.json: the SPEC, or how the program calls the splits. */
export function nameOfData(data: Data): string {
  return typeof data === 'string'
    ? data
    : Object.values(data)
        .map(({ name }) => name)
        .join(', ');
}
