import { inputError } from '../../../base/errors.ts';
import type { CocoFile, CocoId } from './coco-file.ts';

export interface CocoClasses {
  readonly names: readonly string[];
  /** Class numbers by the ids of categories. */
  readonly numbers: ReadonlyMap<CocoId, number>;
}

/**
 * Categories in the order of their ids, which may have gaps, behind the background; that is the category of this name,
 * or the pixels of none. In panoptic files, pixels of no category are void, and there is no background. Categories of the
 * same name are one class: Roboflow calls the first, which nothing belongs to, like the project.
 * @throws FcnError when files disagree about a category
 */
export function classesOfCategories(files: readonly CocoFile[]): CocoClasses {
  const byId = new Map<CocoId, string>();
  for (const { file, categories } of files) {
    for (const { id, name } of categories) {
      const other = byId.get(id);
      if (other !== undefined && other !== name) {
        throw inputError(`COCO file ${file}: got category ${id} '${name}', which is '${other}' elsewhere`);
      }
      byId.set(id, name);
    }
  }
  const categories = [...byId].sort(([a], [b]) => inOrder(a, b));
  const named = [...new Set(categories.map(([, name]) => name))];
  const names = files.some(({ panoptic }) => panoptic) ? backgroundFirst(named) : withBackground(named);
  return { names, numbers: new Map(categories.map(([id, name]) => [id, names.indexOf(name)])) };
}

/** Numbers in their order, before text. */
function inOrder(a: CocoId, b: CocoId): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return typeof a === typeof b ? (a < b ? -1 : 1) : typeof a === 'number' ? -1 : 1;
}

function backgroundFirst(names: readonly string[]): string[] {
  const background = names.filter(isBackground).slice(0, 1);
  return [...background, ...names.filter((name) => name !== background[0])];
}

/** The names of classes, that of the background first: the tool's own where it has one. */
export function withBackground(names: readonly string[], otherwise = 'background'): string[] {
  return names.some(isBackground) ? backgroundFirst(names) : [otherwise, ...names];
}

/** Whether a tool's name for a class means the pixels of no object. */
export function isBackground(name: string): boolean {
  return /^_*(background|bg)_*$/i.test(name);
}
