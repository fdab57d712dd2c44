import { inputError } from '../errors.ts';
import type { Dataset } from './dataset.ts';
import { openShapes } from './shapes.ts';
import { openVoc } from './voc.ts';

/** What opens a data set, by the scheme that its SPEC begins with. `rest` is the SPEC behind the colon. */
const schemes: Record<string, (rest: string, split: string) => Promise<Dataset>> = {
  voc: openVoc,
  shapes: openShapes,
};

/** One split of the data set that `spec` names: `voc:DIR`, `shapes:...`. @throws FcnError when it cannot be used. */
export async function openDataset(spec: string, split: string): Promise<Dataset> {
  const colon = spec.indexOf(':');
  const scheme = colon < 0 ? '' : spec.slice(0, colon);
  if (!Object.hasOwn(schemes, scheme)) {
    const known = Object.keys(schemes)
      .map((name) => `${name}:`)
      .join(', ');
    throw inputError(`data '${spec}': got no known scheme, expected it to begin with one of ${known}`);
  }
  return schemes[scheme]!(spec.slice(colon + 1), split);
}
