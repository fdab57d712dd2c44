import { type FcnError, inputError } from '../../../base/errors.ts';
import type { LabelImage, RgbImage } from '../../images/image.ts';
import { checkLabelValues, checkSameSize } from '../check-label.ts';
import type { Dataset } from '../dataset.ts';
import { drawnSplits, drawSplit, isDrawn } from '../drawn-split.ts';
import type { OnUnusable } from '../unusable.ts';

/** An image with what people have drawn on it. */
export interface AnnotatedImage {
  /** Also good as a file name. */
  readonly id: string;
  /** The file of the image, or the file that embeds it. */
  readonly source: string;
  readonly readImage: () => Promise<RgbImage>;
  /** The file with the labels, for messages. */
  readonly labelSource: string;
  /** @throws FcnError naming the file and the place in it */
  readonly readLabel: () => Promise<LabelImage>;
}

/** What a folder of a labelling tool holds. */
export interface AnnotatedImages {
  /** Class names; the index is the class number. */
  readonly classes: readonly string[];
  /** The images of each split; a list of all when there are no splits: `train` and `val` are drawn then. */
  readonly images: readonly AnnotatedImage[] | ReadonlyMap<string, readonly AnnotatedImage[]>;
}

/** Takes what makes images unusable, their ids, and the split that they are in where there are splits. */
export type ReportProblem = (problem: FcnError, ids: readonly string[], split?: string) => void;

/**
 * Looks through a folder or file without reading images.
 * @throws FcnError when it is not of this format
 */
export type ReadAnnotatedImages = (path: string, report: ReportProblem) => Promise<AnnotatedImages>;

/** For what reads a single split. */
export function inSplit(report: ReportProblem, split: string | undefined): OnUnusable {
  return (problem, ids) => report(problem, ids, split);
}

/**
 * One split as a data set called `name`. Problems of other splits' images are none of its business.
 * @throws FcnError when there is no such split, or as `onUnusable`
 */
export async function openAnnotated(
  name: string,
  read: (report: ReportProblem) => Promise<AnnotatedImages>,
  split: string,
  onUnusable: OnUnusable,
): Promise<Dataset> {
  const problems: Parameters<ReportProblem>[] = [];
  const content = await read((...problem) => problems.push(problem));
  for (const [problem, ids, where] of problems) {
    const isMine = isList(content.images)
      ? content.images.length === 0 || ids.some((id) => isDrawn(id, split))
      : (where ?? split) === split;
    if (isMine) onUnusable(problem, ids);
  }
  return annotatedDataset(name, content, split);
}

function annotatedDataset(name: string, { classes, images }: AnnotatedImages, split: string): Dataset {
  const chosen = imagesOfSplit(name, images, split);
  const loadLabel = async (index: number): Promise<LabelImage> => {
    const { readLabel, labelSource } = chosen[index]!;
    const label = await readLabel();
    checkLabelValues(label, classes.length, labelSource);
    return label;
  };
  return {
    name: `${name} ${split}`,
    classes,
    ids: chosen.map(({ id }) => id),
    async load(index) {
      const { id, source, readImage, labelSource } = chosen[index]!;
      const image = await readImage();
      const label = await loadLabel(index);
      checkSameSize(image, source, label, labelSource);
      return { id, image, label };
    },
    loadLabel,
    imageSource: (index) => chosen[index]!.source,
  };
}

/** The splits that there are; of drawn ones, those that are not empty by chance. */
export async function splitsOfAnnotated(
  read: (report: ReportProblem) => Promise<AnnotatedImages>,
): Promise<string[]> {
  const unusable: string[] = [];
  const { images } = await read((_, ids) => unusable.push(...ids));
  if (!isList(images)) return [...images.keys()];
  const ids = [...unusable, ...images.map(({ id }) => id)];
  return images.length === 0
    ? [...drawnSplits]
    : drawnSplits.filter((split) => ids.some((id) => isDrawn(id, split)));
}

/** The images of all splits. */
export function allImages(images: AnnotatedImages['images']): readonly AnnotatedImage[] {
  return isList(images) ? images : [...images.values()].flat();
}

/** Refuses a format with more classes than label maps can hold. @param file that names them */
export function checkClassCount(classes: readonly string[], file: string): void {
  if (classes.length <= 255) return;
  throw inputError(
    `classes of ${file}: got ${classes.length}, expected at most 255 with the background (255 is void)`,
  );
}

function imagesOfSplit(
  name: string,
  images: AnnotatedImages['images'],
  split: string,
): readonly AnnotatedImage[] {
  const chosen = isList(images) ? drawn(name, images, split) : images.get(split);
  if (!chosen) {
    const splits = isList(images) ? drawnSplits : [...images.keys()];
    throw inputError(
      `split '${split}': not in ${name}, expected one of: ${splits.join(', ') || '(none there)'}`,
    );
  }
  const ids = new Set<string>();
  for (const { id, labelSource } of chosen) {
    if (ids.has(id))
      throw inputError(`data ${name}: got the image '${id}' twice, the second time in ${labelSource}`);
    ids.add(id);
  }
  return chosen;
}

function drawn(name: string, images: readonly AnnotatedImage[], split: string): readonly AnnotatedImage[] {
  if (images.length === 0) throw inputError(`data ${name}: got no image that can be used, expected some`);
  const advice = 'add images, or convert it with fcn data convert --format folder and write splits/train.txt';
  const ids = images.map(({ id }) => id);
  const chosen = new Set(drawSplit(ids, split, name, advice));
  return images.filter(({ id }) => chosen.has(id));
}

function isList(images: AnnotatedImages['images']): images is readonly AnnotatedImage[] {
  return Array.isArray(images);
}
