import { readdirSync } from 'node:fs';
import path from 'node:path';
import { inputError } from './errors.ts';
import { causeOf } from './files.ts';
import { identityOf, lookAt } from './look.ts';

/**
 * Paths of the files in a folder and below it, `/` between. Links to folders are followed, except where that has no end: to a
 * folder that the link lies in, or from folder to folder by links alone to one that was seen before.
 * @param what says what the folder is, for the message ("image folder")
 * @param isLeftOut tells names of files and folders that are not wanted
 * @throws FcnError when a folder cannot be read
 */
export function filesBelow(folder: string, what: string, isLeftOut = (_name: string) => false): string[] {
  const files: string[] = [];
  const links: Link[] = [];
  const seen = new Set<string>();
  const lookInto = (below: string, above: readonly string[], isLinked: boolean) => {
    const whole = path.join(folder, below);
    const identity = identityOf(whole) ?? whole;
    if (above.includes(identity)) return;
    seen.add(identity);
    const way = [...above, identity];
    for (const entry of entriesOf(whole, what)) {
      if (isLeftOut(entry.name)) continue;
      const name = below === '' ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory()) lookInto(name, way, isLinked);
      // A link to nothing is a file that cannot be read, which is said when it is.
      else if (entry.isSymbolicLink() && lookAt(path.join(folder, name))?.isDirectory())
        links.push({ name, way, isLinked });
      else files.push(name);
    }
  };
  lookInto('', [], false);
  // After what lies in the folder itself; more links come to the end of the list meanwhile.
  for (const { name, way, isLinked } of links) {
    if (!isLinked || !seen.has(identityOf(path.join(folder, name)) ?? '')) lookInto(name, way, true);
  }
  return files;
}

interface Link {
  readonly name: string;
  /** The identities of the folders that it lies in. */
  readonly way: readonly string[];
  /** Whether it was reached through another link. */
  readonly isLinked: boolean;
}

function entriesOf(folder: string, what: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (thrown) {
    throw inputError(`cannot read the ${what} ${folder}: ${causeOf(thrown)}`, thrown);
  }
}
