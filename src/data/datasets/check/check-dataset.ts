import { inputError } from '../../../base/errors.ts';
import type { ClassFrequency } from '../class-frequencies.ts';
import { type Data, nameOfData, namesOfSplits } from '../splits.ts';
import { leaksBetween } from './compare-splits.ts';
import { lookAtSplit, type SplitContent } from './look-at-split.ts';
import type { Problem } from './problem.ts';
import { suggestionsFor } from './suggest.ts';

/** What `fcn data check` finds. */
export interface DatasetCheck {
  /** The SPEC, or the names of a program's own splits. */
  readonly data: string;
  readonly splits: Readonly<Record<string, SplitCheck>>;
}

export interface SplitCheck {
  /** Images that can be used; all numbers are about them. */
  readonly images: number;
  readonly pixels: number;
  /** Share of void pixels (255), 0..1; null without images. */
  readonly voidShare: number | null;
  /** Pixels; null without images. */
  readonly height: Range | null;
  readonly width: Range | null;
  readonly classes: readonly ClassCheck[];
  /** Of data with several labelings: the classes of the others by their names. Shares are of the pixels that are not void there. */
  readonly otherLabelings?: Readonly<Record<string, readonly ClassCheck[]>>;
  readonly problems: readonly Problem[];
  readonly suggestions: readonly string[];
}

export interface ClassCheck {
  readonly name: string;
  readonly pixels: number;
  /** Share of the pixels that are not void, 0..1; null when there are none. */
  readonly share: number | null;
  /** Images in which it occurs. */
  readonly images: number;
}

export interface Range {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

export interface CheckOptions {
  /** By default those of train, val and test that there are, or all when there is none of these. */
  readonly splits?: readonly string[];
  /** Classes with fewer images are called rare. Default: 30. */
  readonly minImages?: number;
  readonly onImage?: (split: string, done: number, total: number) => void;
}

/**
 * Looks at every image and label of a data set.
 * @throws FcnError when there is no such data set or split; files that cannot be used are among the problems.
 */
export async function checkDataset(
  data: Data,
  { splits, minImages = 30, onImage = () => {} }: CheckOptions = {},
): Promise<DatasetCheck> {
  const contents: SplitContent[] = [];
  for (const split of splits ?? (await usualSplits(data))) {
    contents.push(await lookAtSplit(data, split, (done, total) => onImage(split, done, total)));
  }
  const checks = contents.map((content) => {
    const others = contents.filter((other) => other !== content);
    const leaks = others.flatMap((other) => leaksBetween(content, other));
    return [content.split, summarize(content, leaks, suggestionsFor(content, others, minImages))] as const;
  });
  return { data: nameOfData(data), splits: Object.fromEntries(checks) };
}

async function usualSplits(data: Data): Promise<string[]> {
  const all = await namesOfSplits(data);
  if (all.length === 0) throw inputError(`data ${nameOfData(data)}: got no splits, expected at least one`);
  const usual = ['train', 'val', 'test'].filter((split) => all.includes(split));
  return usual.length > 0 ? usual : all;
}

function summarize(
  content: SplitContent,
  leaks: readonly Problem[],
  suggestions: readonly string[],
): SplitCheck {
  const { classes, frequencies, heights, widths, pixels, voidPixels, problems } = content;
  const labeled = pixels - voidPixels;
  const others = content.others.map(({ name, classes: own, frequencies: counts }) => {
    const all = counts.reduce((sum, { pixels: ofClass }) => sum + ofClass, 0);
    return [name, checkClasses(own, counts, all)] as const;
  });
  return {
    images: heights.length,
    pixels,
    voidShare: pixels > 0 ? voidPixels / pixels : null,
    height: rangeOf(heights),
    width: rangeOf(widths),
    classes: checkClasses(classes, frequencies, labeled),
    ...(others.length > 0 && { otherLabelings: Object.fromEntries(others) }),
    problems: [...problems, ...leaks],
    suggestions,
  };
}

/** @param labeled pixels that are not void */
function checkClasses(
  classes: readonly string[],
  frequencies: readonly ClassFrequency[],
  labeled: number,
): ClassCheck[] {
  return classes.map((name, index) => {
    const { pixels, images } = frequencies[index]!;
    return { name, pixels, share: labeled > 0 ? pixels / labeled : null, images };
  });
}

function rangeOf(values: readonly number[]): Range | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  return { min: sorted[0]!, median: sorted[Math.floor(sorted.length / 2)]!, max: sorted.at(-1)! };
}
