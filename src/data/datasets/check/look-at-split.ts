import { createHash } from 'node:crypto';
import { counted } from '../../../base/counted.ts';
import { FcnError } from '../../../base/errors.ts';
import { lacksMemory } from '../../../base/memory.ts';
import { type Image, ignoreLabel } from '../../images/image.ts';
import { hintOfUnseen, uselessness } from '../check-classes.ts';
import { addLabel, type ClassFrequency, labelHistogram, noFrequencies } from '../class-frequencies.ts';
import type { Dataset, Labeling } from '../dataset.ts';
import { addTo } from '../formats/split-folders.ts';
import { type Data, openSplit } from '../splits.ts';
import { aFew, type Problem, warning } from './problem.ts';

/** What the files of a split hold. */
export interface SplitContent {
  readonly split: string;
  readonly classes: readonly string[];
  /** All that the split lists. */
  readonly ids: readonly string[];
  /** Of the images that can be used: the pixels as a hash, and the sizes. */
  readonly pixelHashes: ReadonlyMap<string, string>;
  readonly heights: readonly number[];
  readonly widths: readonly number[];
  readonly frequencies: readonly ClassFrequency[];
  /** In the other labelings, where there are several. */
  readonly others: readonly (Labeling & { readonly frequencies: readonly ClassFrequency[] })[];
  readonly pixels: number;
  readonly voidPixels: number;
  /** Nobody has said that 255 is void; it may be a class. */
  readonly mayMean255: boolean;
  readonly problems: readonly Problem[];
}

/**
 * Loads every image and label of a split. What cannot be used becomes a problem and is left out.
 * @param onImage called after each image with the number of images done and of all
 */
export async function lookAtSplit(
  data: Data,
  split: string,
  onImage: (done: number, total: number) => void,
): Promise<SplitContent> {
  const problems: Problem[] = [];
  const unusable = (thrown: unknown, ids: readonly string[]) => {
    if (!(thrown instanceof FcnError) || lacksMemory(thrown)) throw thrown;
    problems.push({ severity: 'error', message: thrown.message, ids });
  };
  const dataset = await openSplit(data, split, unusable).catch((thrown): Dataset | undefined => {
    unusable(thrown, []);
    return undefined;
  });
  const { classes = [], ids = [] } = dataset ?? {};
  const pixelHashes = new Map<string, string>();
  const [heights, widths]: [number[], number[]] = [[], []];
  const frequencies = noFrequencies(classes.length);
  const others = (dataset?.labelings ?? []).slice(1).map((labeling) => ({
    ...labeling,
    frequencies: noFrequencies(labeling.classes.length),
  }));
  let voidPixels = 0;
  const [withoutVoid, allVoid, ofOneClass]: [string[], string[], string[]] = [[], [], []];
  const idsByRemark = new Map<string, string[]>();
  for (const [index, id] of ids.entries()) {
    const sample = await loadSample(dataset!, index, (thrown) => unusable(thrown, [id]));
    onImage(index + 1, ids.length);
    if (!sample) continue;
    const { image, label, otherLabels = [], remarks = [] } = sample;
    for (const [i, own] of otherLabels.entries()) addLabel(others[i]!.frequencies, labelHistogram(own));
    for (const remark of remarks) addTo(idsByRemark, remark, id);
    pixelHashes.set(id, hashOf(image));
    heights.push(image.height);
    widths.push(image.width);
    const histogram = labelHistogram(label);
    addLabel(frequencies, histogram);
    voidPixels += histogram[ignoreLabel]!;
    const present = histogram.subarray(0, ignoreLabel).filter((pixels) => pixels > 0).length;
    if (histogram[ignoreLabel] === 0) withoutVoid.push(id);
    if (present === 0) allVoid.push(id);
    if (present === 1) ofOneClass.push(id);
  }
  const usable = pixelHashes.size;
  const neverSeen = classes.filter((_, index) => frequencies[index]!.images === 0);
  if (dataset && usable > 0) {
    const occurring = [...classes.keys()].filter((index) => frequencies[index]!.images > 0);
    const seen = { classes: new Set(occurring), hasVoid: voidPixels > 0, isWhole: true };
    if (neverSeen.length > 0) {
      const which = `${neverSeen.length} of ${classes.length}`;
      const hint = hintOfUnseen(dataset, seen);
      problems.push(warning(`classes in no label (${which}): ${neverSeen.join(', ')}${hint}`));
    }
    const error = uselessness(dataset, seen, 'validate');
    if (error) problems.push({ severity: 'error', message: error, ids: [] });
  }
  problems.push(...(dataset?.warnings ?? []).map((line) => warning(line)));
  const about = (what: string, of: string[]) => warning(`labels ${what} (${of.length} of ${usable})`, of);
  if (allVoid.length > 0) problems.push(about('that are all void (255)', allVoid));
  if (ofOneClass.length > 0) problems.push(about('of a single class', ofOneClass));
  if (withoutVoid.length > 0 && withoutVoid.length < usable) {
    problems.push(about('without a void (255) border', withoutVoid));
  } else if (withoutVoid.length > 0) {
    problems.push(warning('no label has void pixels (255), which VOC has in the borders between objects'));
  }
  for (const [remark, of] of idsByRemark) {
    problems.push(warning(`${counted(of.length, 'image')} of ${usable}: each ${remark}`, of));
  }
  problems.push(...duplicates(pixelHashes));
  const pixels = heights.reduce((sum, height, i) => sum + height * widths[i]!, 0);
  const mayMean255 = dataset?.meaning?.assumesVoid ?? false;
  const counts = { heights, widths, frequencies, others, pixels, voidPixels };
  return { split, classes, ids, pixelHashes, ...counts, mayMean255, problems };
}

/** The sample; undefined when it cannot be used, after saying all that is wrong with it. */
async function loadSample(dataset: Dataset, index: number, unusable: (thrown: unknown) => void) {
  try {
    return await dataset.load(index);
  } catch (thrown) {
    unusable(thrown);
    await dataset.loadLabel(index).catch((other) => {
      // Of a broken image and a broken label, load speaks of the image.
      if (other.message !== (thrown as Error).message) unusable(other);
    });
    return undefined;
  }
}

function hashOf({ width, height, data }: Image): string {
  return createHash('sha256').update(`${width}x${height}`).update(data).digest('base64');
}

/** Images with the same pixels under different ids. */
function duplicates(pixelHashes: ReadonlyMap<string, string>): Problem[] {
  const groups = new Map<string, string[]>();
  for (const [id, hash] of pixelHashes) addTo(groups, hash, id);
  const repeated = [...groups.values()].filter((ids) => ids.length > 1);
  if (repeated.length === 0) return [];
  const ids = repeated.flat();
  const message = `${ids.length} images have the same pixels as another: ${aFew(repeated.map((same) => same.join(' = ')))}`;
  return [{ severity: 'warning', message, ids }];
}
