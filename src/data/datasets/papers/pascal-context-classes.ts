import { vocClasses } from '../voc-classes.ts';

export type ContextClasses = readonly string[];

/** VOC's classes, background first, with the names that PASCAL-Context has for them. */
const objects = vocClasses;

/** The 59 most frequent classes with background (data/pascal-context/classes-59.txt of the reference implementation). */
const common59: ContextClasses = [
  ...objects,
  ...[
    'bag',
    'bed',
    'bench',
    'book',
    'building',
    'cabinet',
    'ceiling',
    'clothes',
    'computer',
    'cup',
    'door',
    'fence',
  ],
  ...[
    'floor',
    'flower',
    'food',
    'grass',
    'ground',
    'keyboard',
    'light',
    'mountain',
    'mouse',
    'curtain',
    'platform',
  ],
  ...[
    'sign',
    'plate',
    'road',
    'rock',
    'shelves',
    'sidewalk',
    'sky',
    'snow',
    'bedcloth',
    'track',
    'tree',
    'truck',
    'wall',
  ],
  ...['water', 'window', 'wood'],
];

/** The 33 classes with background (33_labels.txt of the data set's site). */
const common33: ContextClasses = [
  ...objects,
  ...[
    'sky',
    'grass',
    'ground',
    'road',
    'building',
    'tree',
    'water',
    'mountain',
    'wall',
    'floor',
    'track',
    'keyboard',
  ],
  'ceiling',
];

export const contextClasses: ReadonlyMap<string, ContextClasses> = new Map([
  ['59', common59],
  ['33', common33],
]);

/** Names that labels.txt has for classes which the lists call otherwise (pascalcontext_layers.py). */
const otherNames: Readonly<Record<string, string>> = {
  diningtable: 'table',
  bedcloth: 'bedclothes',
  clothes: 'cloth',
};

/** The name of a class in labels.txt, without spaces. */
export function nameInList(name: string): string {
  return otherNames[name] ?? name;
}
