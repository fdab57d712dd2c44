import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { z } from 'zod';
import { readInput } from '../base/files.ts';
import type { Dataset } from '../data/datasets/dataset.ts';

/** What a split held when a run began. */
export const dataDigestSchema = z.object({
  images: z.int().nonnegative(),
  /** SHA-256 of the ids in their order. */
  ids: z.string(),
  /** SHA-256 of the label files and of what their values and colors stand for. */
  labels: z.string(),
  /** SHA-256 of the sizes of the image files, in bytes. */
  imageSizes: z.string(),
});
export type DataDigest = z.infer<typeof dataDigestSchema>;

/**
 * What tells whether a split is still what it was. Labels count by their content, which is small beside the images; images
 * by their size in bytes, since reading them all would take as long as an epoch. No times: a copy of the data, which has
 * others, is the same data. Nor paths: it may have moved.
 * @throws FcnError of a label that cannot be read
 */
export async function digestOf(dataset: Dataset): Promise<DataDigest> {
  const [ids, labels, imageSizes] = [createHash('sha256'), createHash('sha256'), createHash('sha256')];
  const { meaning, labelFiles } = dataset;
  // Labels that are made are told by what they are made from.
  if (!labelFiles) labels.update(dataset.name);
  if (meaning) labels.update(meaning.byValue).update(JSON.stringify([...(meaning.byColor ?? [])]));
  const read = new Set<string>(); // one file may hold the labels of all images
  for (const [index, id] of dataset.ids.entries()) {
    ids.update(`${id}\n`);
    for (const file of labelFiles?.(index) ?? []) {
      if (!read.has(file)) labels.update(await readInput(file, 'label'));
      read.add(file);
    }
    const size = await stat(dataset.imageSource(index)).then(
      (found) => found.size,
      () => 'none', // images that are made, or are no files of their own
    );
    imageSizes.update(`${size}\n`);
  }
  return {
    images: dataset.ids.length,
    ids: ids.digest('hex'),
    labels: labels.digest('hex'),
    imageSizes: imageSizes.digest('hex'),
  };
}

/** What is not as it was and stops a run, in words: `train has 9 images instead of 8`; undefined where nothing is. */
export function changeBetween(before: DataDigest, now: DataDigest, split: string): string | undefined {
  if (now.images !== before.images) return `${split} has ${now.images} images instead of ${before.images}`;
  if (now.ids !== before.ids) return `${split} lists other images, or in another order`;
  if (now.labels !== before.labels) return `labels of ${split} have changed, or what their values stand for`;
  return undefined;
}

/**
 * What else is not as it was, but no reason to stop: a run that met a broken image goes on when the image has been mended.
 */
export function replacedImages(before: DataDigest, now: DataDigest, split: string): string | undefined {
  return now.imageSizes === before.imageSizes ? undefined : `image files of ${split} have changed`;
}
