import { counted } from '../../../base/counted.ts';
import { type FcnError, inputError } from '../../../base/errors.ts';
import type { DecodedImage } from '../../images/decode.ts';
import type { LabelImage } from '../../images/image.ts';
import { type Pose, readPose, uprightLabel } from '../../images/orientation.ts';
import { checkLabelValues, checkSameSize } from '../check-label.ts';
import type { Dataset } from '../dataset.ts';
import { drawnSplits, drawSplit } from '../drawn-split.ts';
import type { OnUnusable } from '../unusable.ts';
import { TooMuchToDraw } from './raster/effort.ts';

/** An image with what people have drawn on it. */
export interface AnnotatedImage {
  /** Also good as a file name. */
  readonly id: string;
  /** The file of the image, or the file that embeds it. */
  readonly source: string;
  readonly readImage: () => Promise<DecodedImage>;
  /** How the image is turned; by default as its file says. */
  readonly readPose?: () => Promise<Pose>;
  /** The file with the labels, for messages. */
  readonly labelSource: string;
  /** All files that the labels depend on; by default the one. */
  readonly labelFiles?: readonly string[];
  /**
   * The label map, of the size that the annotations say.
   * @throws FcnError naming the file and the place in it
   */
  readonly readLabel: (tell: Tell) => Promise<LabelImage>;
}

/** Takes what is special about an image's annotations, in the same words for all images of a kind (images/remarks.ts). */
export type Tell = (remark: string) => void;

/** What a folder of a labelling tool holds. */
export interface AnnotatedImages {
  /** Class names; the index is the class number. */
  readonly classes: readonly string[];
  /** The images of each split; a list of all when there are no splits: `train` and `val` are drawn then. */
  readonly images: readonly AnnotatedImage[] | ReadonlyMap<string, readonly AnnotatedImage[]>;
  /** What the user should know, a line each. */
  readonly warnings?: readonly string[];
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
  const { classes, images, unusable, warnings = [] } = await readAll(read);
  const known = isList(images) ? drawnSplits : [...images.keys()];
  if (!known.includes(split)) {
    throw inputError(
      `split '${split}': not in ${name}, expected one of: ${known.join(', ') || '(none there)'}`,
    );
  }
  const drawn = isList(images) ? drawSplit(idsOf(images, unusable), split) : undefined;
  for (const { problem, ids, where } of unusable) {
    const isMine = drawn ? ids.some((id) => drawn.has(id)) : (where ?? split) === split;
    if (isMine) onUnusable(problem, ids);
  }
  const chosen = isList(images) ? images.filter(({ id }) => drawn!.has(id)) : images.get(split)!;
  if (drawn && chosen.length === 0) throw emptySplit(split, name, drawn.size, allImages(images).length);
  checkIds(name, chosen);
  const alike = namesAlike(classes);
  return {
    ...annotatedDataset(`${name} ${split}`, classes, chosen),
    warnings: alike === undefined ? warnings : [...warnings, alike],
  };
}

/** @param drawn how many images the split would have, none of which can be used @param usable how many can, in all splits */
function emptySplit(split: string, name: string, drawn: number, usable: number): FcnError {
  if (drawn > 0) {
    return inputError(
      `split '${split}': got ${counted(drawn, 'image')} in ${name}, ${drawn === 1 ? 'which cannot' : 'none of which can'} be used, ` +
        'expected at least one that can; mend or replace them, or add images',
    );
  }
  return inputError(
    `split '${split}': got ${counted(usable, 'image')} that can be used in ${name}, expected at least 2, one for each of train and val; ` +
      'add images',
  );
}

/** The splits that there are; of drawn ones, those that are not empty by chance. */
export async function splitsOfAnnotated(
  read: (report: ReportProblem) => Promise<AnnotatedImages>,
): Promise<string[]> {
  const { images, unusable } = await readAll(read);
  if (!isList(images)) return [...images.keys()];
  const ids = idsOf(images, unusable);
  return ids.length === 0 ? [...drawnSplits] : drawnSplits.filter((split) => drawSplit(ids, split).size > 0);
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

interface Unusable {
  readonly problem: FcnError;
  readonly ids: readonly string[];
  readonly where: string | undefined;
}

async function readAll(
  read: (report: ReportProblem) => Promise<AnnotatedImages>,
): Promise<AnnotatedImages & { unusable: Unusable[] }> {
  const unusable: Unusable[] = [];
  const content = await read((problem, ids, where) => unusable.push({ problem, ids, where }));
  const { images } = content;
  // Where there is nothing but `train`, some of its images have to serve for validation.
  const whole = !isList(images) && images.size === 1 ? images.get('train') : undefined;
  return { ...content, images: whole && whole.length > 1 ? whole : images, unusable };
}

/** Names that people hardly mean for two classes: `Cat` and `cat `. */
function namesAlike(classes: readonly string[]): string | undefined {
  const bare = classes.map((name) =>
    name
      .normalize('NFKC')
      .toLowerCase()
      .replace(/[\s_-]+/g, ' ')
      .trim(),
  );
  const index = bare.findIndex((name, i) => bare.indexOf(name) < i);
  if (index < 0) return undefined;
  const other = classes[bare.indexOf(bare[index]!)];
  return `classes '${other}' and '${classes[index]}' are different classes; if they should be one, give them the same name in the annotations`;
}

/** Unusable images count, so that splits stay as they are when these are mended. */
function idsOf(images: readonly AnnotatedImage[], unusable: readonly Unusable[]): string[] {
  return [...images.map(({ id }) => id), ...unusable.flatMap(({ ids }) => ids)];
}

function checkIds(name: string, images: readonly AnnotatedImage[]): void {
  const ids = new Set<string>();
  for (const { id, labelSource } of images) {
    if (ids.has(id))
      throw inputError(`data ${name}: got the image '${id}' twice, the second time in ${labelSource}`);
    ids.add(id);
  }
}

function annotatedDataset(
  name: string,
  classes: readonly string[],
  images: readonly AnnotatedImage[],
): Dataset {
  /** As the annotations have it. */
  const storedLabel = async (index: number, tell: Tell): Promise<LabelImage> => {
    const { readLabel, labelSource } = images[index]!;
    const label = await readLabel(tell).catch((thrown) => {
      if (!(thrown instanceof TooMuchToDraw)) throw thrown;
      throw inputError(`labels ${labelSource} of '${images[index]!.id}': ${thrown.message}`, thrown);
    });
    checkLabelValues(label, classes.length, labelSource);
    return label;
  };
  return {
    name,
    classes,
    ids: images.map(({ id }) => id),
    async load(index) {
      const { id, source, readImage, labelSource } = images[index]!;
      const { image, pose, remarks: ofImage } = await readImage();
      const remarks = new Set(ofImage);
      const tell: Tell = (remark) => remarks.add(remark);
      const { label, remark } = uprightLabel(await storedLabel(index, tell), pose);
      if (remark) tell(remark);
      checkSameSize(image, source, label, labelSource);
      return { id, image, label, ...(remarks.size > 0 && { remarks: [...remarks] }) };
    },
    async loadLabel(index) {
      const { source, readPose: poseOf = () => readPose(source) } = images[index]!;
      return uprightLabel(await storedLabel(index, ignoreRemarks), await poseOf()).label;
    },
    imageSource: (index) => images[index]!.source,
    labelFiles(index) {
      const { labelSource, labelFiles = [labelSource] } = images[index]!;
      return labelFiles;
    },
  };
}

/** They are told when the image is loaded. */
function ignoreRemarks(): void {}

function isList(images: AnnotatedImages['images']): images is readonly AnnotatedImage[] {
  return Array.isArray(images);
}
