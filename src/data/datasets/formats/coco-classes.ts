import { inputError } from '../../../base/errors.ts';
import type { CocoFile } from './coco-file.ts';

export interface CocoClasses {
  readonly names: readonly string[];
  /** Class numbers by the ids of categories. */
  readonly numbers: ReadonlyMap<number, number>;
}

/**
 * Categories in the order of their ids, which may have gaps, behind the background; that is the category of this name,
 * or the pixels of none. In panoptic files, pixels of no category are void, and there is no background.
 * @throws FcnError when files disagree about a category
 */
export function classesOfCategories(files: readonly CocoFile[]): CocoClasses {
  const byId = new Map<number, string>();
  for (const { file, categories } of files) {
    for (const { id, name } of categories) {
      const other = byId.get(id);
      if (other !== undefined && other !== name) {
        throw inputError(`COCO file ${file}: got category ${id} '${name}', which is '${other}' elsewhere`);
      }
      byId.set(id, name);
    }
  }
  const categories = [...byId].sort(([a], [b]) => a - b);
  const repeated = categories.find(([, name], i) => categories.findIndex((other) => other[1] === name) < i);
  if (repeated) {
    throw inputError(
      `COCO file ${files[0]!.file}: got two categories called '${repeated[1]}', expected different names`,
    );
  }
  const background = categories.find(([, name]) => isBackground(name));
  const others = categories.filter((category) => category !== background);
  const first = background ? [background] : files.some(({ panoptic }) => panoptic) ? [] : [undefined];
  const ordered = [...first, ...others];
  return {
    names: ordered.map((category) => category?.[1] ?? 'background'),
    numbers: new Map(ordered.flatMap((category, index) => (category ? [[category[0], index] as const] : []))),
  };
}

/** Whether a tool's name for a class means the pixels of no object. */
export function isBackground(name: string): boolean {
  return /^_*(background|bg)_*$/i.test(name);
}
