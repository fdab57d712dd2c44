import { inputError } from '../../base/errors.ts';
import type { Dataset } from './dataset.ts';
import { folderSplits, openFolder } from './folder.ts';
import { openSbd, sbdSplits } from './sbd.ts';
import { openShapes, shapesSplits } from './shapes.ts';
import { type OnUnusable, refuseUnusable } from './unusable.ts';
import { openVoc, vocSplits } from './voc.ts';
import { openVocWithSbd, vocWithSbdSplits } from './voc-sbd.ts';

/** What opens a data set. `rest` is the SPEC behind the colon of the scheme. */
interface Scheme {
  readonly open: (rest: string, split: string, onUnusable: OnUnusable) => Promise<Dataset>;
  /** The splits that there are. */
  readonly splits: (rest: string) => Promise<string[]>;
}

/** By the scheme that the SPEC begins with. */
const schemes: Record<string, Scheme> = {
  voc: { open: openVoc, splits: vocSplits },
  sbd: { open: openSbd, splits: sbdSplits },
  'voc+sbd': { open: openVocWithSbd, splits: vocWithSbdSplits },
  folder: { open: openFolder, splits: folderSplits },
  shapes: { open: openShapes, splits: shapesSplits },
};

/**
 * One split of the data set that `spec` names: `voc:DIR`, `shapes:...`.
 * @param onUnusable when given, takes what is wrong with single images instead of it being thrown; they are left out
 * @throws FcnError when it cannot be used.
 */
export async function openDataset(
  spec: string,
  split: string,
  onUnusable: OnUnusable = refuseUnusable,
): Promise<Dataset> {
  const { scheme, rest } = parse(spec);
  return scheme.open(rest, split, onUnusable);
}

/** The splits of the data set that `spec` names. @throws FcnError when it cannot be used. */
export async function splitsOf(spec: string): Promise<string[]> {
  const { scheme, rest } = parse(spec);
  return scheme.splits(rest);
}

function parse(spec: string): { scheme: Scheme; rest: string } {
  const colon = spec.indexOf(':');
  const name = colon < 0 ? '' : spec.slice(0, colon);
  if (!Object.hasOwn(schemes, name)) {
    const known = Object.keys(schemes)
      .map((scheme) => `${scheme}:`)
      .join(', ');
    throw inputError(`data '${spec}': got no known scheme, expected it to begin with one of ${known}`);
  }
  return { scheme: schemes[name]!, rest: spec.slice(colon + 1) };
}
