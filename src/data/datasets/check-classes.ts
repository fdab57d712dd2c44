import { inputError } from '../../base/errors.ts';
import { ignoreLabel } from '../images/image.ts';
import { remarks } from '../images/remarks.ts';
import { labelHistogram } from './class-frequencies.ts';
import type { Dataset } from './dataset.ts';
import { eachLabeling } from './labelings.ts';
import { spacedIndices } from './spaced-indices.ts';

/** Labels that are looked at before a training; all of a split that holds one class alone until then. */
const enough = 100;

/** What the labels of a split are looked at for. */
export type Purpose = 'train' | 'validate' | 'score';

/** What labels of a split were found to hold. */
export interface SeenLabels {
  readonly classes: ReadonlySet<number>;
  readonly hasVoid: boolean;
  /** All labels of the split were looked at. */
  readonly isWhole: boolean;
}

/**
 * Looks whether labels hold what the list of classes says, lest a network learns or is scored on what nobody means: masks
 * of 0 and 255, say, whose 255 is an object and not void. Data that is generated needs no look.
 * @param purpose `train` and `validate` look at a hundred labels all over the split, `score` until it has seen two classes
 * @returns what the user should know, a line each
 * @throws FcnError of a label that cannot be read, or where training and scores would be worth nothing
 */
export async function checkClasses(dataset: Dataset, purpose: Purpose): Promise<string[]> {
  if (!dataset.labelFiles) return [];
  const classes = new Set<number>();
  let hasVoid = false;
  let done = 0;
  const least = purpose === 'score' ? 1 : enough;
  const order = spread(dataset.ids.length, least);
  for (const index of order) {
    if (classes.size > 1 && done >= least) break;
    const histogram = labelHistogram(await dataset.loadLabel(index));
    for (const [value, pixels] of histogram.entries()) {
      if (pixels === 0) continue;
      if (value === ignoreLabel) hasVoid = true;
      else classes.add(value);
    }
    done++;
  }
  const seen = { classes, hasVoid, isWhole: done === order.length };
  const error = uselessness(dataset, seen, purpose);
  if (error) throw inputError(`data ${dataset.name}: ${error}${await aboutLostShapes(dataset)}`);
  const about = purpose === 'score' ? [] : suspicions(dataset, seen, purpose);
  return [...(dataset.warnings ?? []), ...about].map((warning) => `${dataset.name}: ${warning}`);
}

/** Why shapes may have left no pixels in labels, of the first image: labels themselves do not say. */
async function aboutLostShapes(dataset: Dataset): Promise<string> {
  const { remarks: told = [] } = (await dataset.load(0).catch(() => undefined)) ?? {};
  const lost = told.find((remark) => lostShapes.includes(remark));
  return lost === undefined ? '' : `; its image ${dataset.imageSource(0)} ${lost}`;
}

const lostShapes: readonly string[] = [
  remarks.outside,
  remarks.firstPixel,
  remarks.shortPolygon,
  remarks.withoutSegmentation,
  remarks.withoutLabel,
];

/** The same for each labeling. @throws as `checkClasses` */
export async function checkLabelings(dataset: Dataset, purpose: Purpose): Promise<string[]> {
  const lines: string[] = [];
  for (const one of eachLabeling(dataset)) lines.push(...(await checkClasses(one, purpose)));
  return lines;
}

/** Why nothing can be learned from labels, nor anything scored on them; undefined where it can. */
export function uselessness(dataset: Dataset, seen: SeenLabels, purpose: Purpose): string | undefined {
  const { classes, meaning } = dataset;
  if (classes.length < 2 && purpose === 'train') {
    return `it has only the class '${classes[0]}', so there is nothing to tell apart; add the other classes`;
  }
  if (!seen.isWhole || seen.classes.size > 1) return undefined;
  const [only] = seen.classes;
  if (only === undefined) return 'its labels are void (255) everywhere, expected pixels of classes';
  if (!meaning && purpose === 'train') {
    return `its labels contain only '${classes[only]}' (${only}), so there is nothing to tell apart; annotate other classes too`;
  }
  if (classes.length < 2 || !seen.hasVoid || !meaning?.assumesVoid) return undefined;
  const object = classes.length === 2 ? classes[1 - only]! : 'NAME';
  return (
    `its labels contain only '${classes[only]}' (${only}) and 255, which is void and ignored; if ` +
    `255 is a class, write '${object} 255' in classes.txt; if it is void, write 'void 255'`
  );
}

/** What is odd about labels, but may be meant. */
export function suspicions(dataset: Dataset, seen: SeenLabels, purpose: Purpose): string[] {
  const { classes } = dataset;
  if (!seen.isWhole) return [];
  const unseen = classes.filter((_, index) => !seen.classes.has(index));
  if (purpose === 'train' && seen.classes.size === 1 && classes.length > 1) {
    const name = classes[[...seen.classes][0]!];
    return [`its labels contain only '${name}', so there is nothing to tell apart`];
  }
  if (unseen.length === 0 || seen.classes.size === 0) return [];
  const names = unseen.length > 5 ? `${unseen.slice(0, 5).join(', ')}, ...` : unseen.join(', ');
  return [
    `${unseen.length} of ${classes.length} classes occur in no label (${names})${hintOfUnseen(dataset, seen)}`,
  ];
}

/** What classes that occur nowhere may mean, and what to do then; empty where they mean nothing else. */
export function hintOfUnseen(dataset: Dataset, seen: SeenLabels): string {
  const { classes } = dataset;
  const last = classes.length - 1;
  if (!mayMeanOtherwise(dataset) || seen.classes.size === 0) return '';
  if (!seen.classes.has(0) && seen.classes.size > 1) {
    return "; if the values in the masks start at 1, write 'void 0' as the first line of classes.txt";
  }
  if (!seen.hasVoid || seen.classes.size !== last || seen.classes.has(last)) return '';
  return `; if 255 means that class and not void, write '${classes[last]} 255' in classes.txt`;
}

/** Whether values are class numbers only because nobody has said what they stand for. */
function mayMeanOtherwise({ meaning }: Dataset): boolean {
  return meaning !== undefined && !meaning.givesValues && !meaning.byColor && !meaning.isVoc;
}

/** All numbers below `length`, and first `count` of them at equal distances. */
function spread(length: number, count: number): number[] {
  if (length <= count) return Array.from({ length }, (_, i) => i);
  const first = spacedIndices(length, count);
  const others = new Set(first);
  return [...first, ...Array.from({ length }, (_, i) => i).filter((i) => !others.has(i))];
}
