import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { inputError } from '../../../base/errors.ts';
import { causeOf, idOf } from '../../../base/files.ts';
import { imageExtensions } from '../find-files.ts';
import { addTo } from './split-folders.ts';

/** All files in a folder and below it, relative to it, sorted; hidden ones are left out. */
export async function filesBelow(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() || entry.isSymbolicLink())
      .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
      .filter((file) => !file.split(path.sep).some((part) => part.startsWith('.')))
      .sort();
  } catch (thrown) {
    throw inputError(`cannot read the folder ${folder}: ${causeOf(thrown)}`, thrown);
  }
}

export function isImage(file: string): boolean {
  return imageExtensions.includes(path.extname(file).toLowerCase());
}

/** An id from a path inside a data set: without the extension, and with _ for what separates folders. */
export function idOfPath(file: string): string {
  const parts = file.replaceAll('\\', '/').split('/');
  const inside = parts.filter((part) => part !== '' && part !== '.' && part !== '..').join('_');
  return inside.slice(0, inside.length - path.extname(inside).length);
}

/** The file name at the end of a path, whatever system wrote it. */
export function baseName(file: string): string {
  return path.posix.basename(file.replaceAll('\\', '/'));
}

/** A file that a path names from a folder, whatever system wrote the path, or of its name in the folder. */
export function existingFile(folder: string, file: string): string | undefined {
  const [named, beside] = [
    path.resolve(folder, file.replaceAll('\\', '/')),
    path.join(folder, baseName(file)),
  ];
  return [named, beside].find((candidate) => isImage(candidate) && existsSync(candidate));
}

/** Finds images that annotations name, by paths that were true on the machine of the annotator. */
export class ImageFinder {
  readonly #folder: string;
  /** Files by their names as they are, without regard to letter case, and without extension either. */
  readonly #byName = new Map<string, string[]>();
  readonly #byLowerName = new Map<string, string[]>();
  readonly #byStem = new Map<string, string[]>();

  /** @param files below the folder, relative to it */
  constructor(folder: string, files: readonly string[]) {
    this.#folder = folder;
    for (const file of files.filter(isImage)) {
      const name = path.basename(file).normalize('NFC');
      addTo(this.#byName, name, file);
      addTo(this.#byLowerName, name.toLowerCase(), file);
      addTo(this.#byStem, stemOf(name), file);
    }
  }

  /**
   * The file with the most folders in common with `wanted`, counted from its end, among those of the same name; of
   * several, the one that shares the most with the folder `near`. Letter case of folders does not count. Where no name is
   * the same, that of a URL's path counts, then letter case does not, and at last neither does the extension: people
   * convert their photos.
   * @returns undefined when there is none, or several that are equally good
   */
  find(wanted: string, near = ''): string | undefined {
    const exact = this.findExactly(wanted, near);
    if (exact !== undefined) return exact;
    for (const one of spellings(wanted)) {
      const name = baseName(one).normalize('NFC');
      const found = [
        this.#byName.get(name),
        this.#byLowerName.get(name.toLowerCase()),
        this.#byStem.get(stemOf(name)),
      ];
      const candidates = found.find((files) => files !== undefined);
      if (candidates) return this.#best(candidates, one, near);
    }
    return undefined;
  }

  /** As find, of the very name. */
  findExactly(wanted: string, near = ''): string | undefined {
    return this.#best(this.#byName.get(baseName(wanted).normalize('NFC')) ?? [], wanted, near);
  }

  #best(candidates: readonly string[], wanted: string, near: string): string | undefined {
    const parts = partsOf(wanted);
    const ranked = candidates
      .map((file) => ({ file, end: commonEnd(partsOf(file), parts), shared: sharedParts(file, near) }))
      .sort((a, b) => b.end - a.end || b.shared - a.shared);
    const [best, second] = ranked;
    if (!best || (second && second.end === best.end && second.shared === best.shared)) return undefined;
    return path.join(this.#folder, best.file);
  }
}

/** A name as it is written, and what it is where it is part of a URL: without a query, percent signs decoded. */
function spellings(name: string): string[] {
  const bare = /^[a-z][a-z0-9+.-]+:\/\//i.test(name) ? name.replace(/[?#].*$/, '') : name;
  try {
    return [...new Set([name, bare, decodeURIComponent(bare)])];
  } catch {
    return [name, bare]; // a percent sign of its own
  }
}

/** A name without the extension of an image, in lower case. */
function stemOf(name: string): string {
  return (isImage(name) ? idOf(name) : name).toLowerCase();
}

function partsOf(file: string): string[] {
  return file.replaceAll('\\', '/').toLowerCase().split('/');
}

function commonEnd(a: readonly string[], b: readonly string[]): number {
  let count = 0;
  while (count < a.length && count < b.length && a.at(-1 - count) === b.at(-1 - count)) count++;
  return count;
}

function sharedParts(file: string, near: string): number {
  const folders = new Set(partsOf(near));
  return partsOf(file).filter((part) => folders.has(part)).length;
}
