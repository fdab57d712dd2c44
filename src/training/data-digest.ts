import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import * as z from 'zod';
import { counted } from '../base/counted.ts';
import { crc32 } from '../base/crc32.ts';
import { readInput } from '../base/files.ts';
import type { Dataset } from '../data/datasets/dataset.ts';

/** What a split held when a run began. */
export const dataDigestSchema = z.object({
  images: z.int().nonnegative(),
  /** SHA-256 of the ids in their order. */
  ids: z.string(),
  /** SHA-256 of the label files and of what their values and colors stand for. */
  labels: z.string(),
  /** SHA-256 of the sizes and checksums of the image files (see contentOf). Runs before it was there do not say. */
  imageFiles: z.string().optional(),
});
export type DataDigest = z.infer<typeof dataDigestSchema>;

/** Files that are read at the same time: disks are faster so. */
const atOnce = 16;

/**
 * What tells whether a split is still what it was. Labels and images count by their content. No times: a copy of the data,
 * which has others, is the same data. Nor paths: it may have moved.
 * @throws FcnError of a label that cannot be read
 */
export async function digestOf(dataset: Dataset): Promise<DataDigest> {
  const [ids, labels, imageFiles] = [createHash('sha256'), createHash('sha256'), createHash('sha256')];
  const { meaning, labelFiles } = dataset;
  // Labels that are made are told by what they are made from.
  if (!labelFiles) labels.update(dataset.name);
  if (meaning) labels.update(meaning.byValue).update(JSON.stringify([...(meaning.byColor ?? [])]));
  for (const id of dataset.ids) ids.update(`${id}\n`);
  const indices = [...dataset.ids.keys()];
  // One file may hold the labels of all images, or the images.
  const labelsSeen = new Set<string>();
  const imagesSeen = new Set<string>();
  for (let start = 0; start < indices.length; start += atOnce) {
    const some = indices.slice(start, start + atOnce);
    const newLabels = unseen(
      some.flatMap((index) => labelFiles?.(index) ?? []),
      labelsSeen,
    );
    const newImages = unseen(
      some.flatMap((index) => [dataset.imageSource(index), ...(dataset.otherImageFiles?.(index) ?? [])]),
      imagesSeen,
    );
    const [labelBytes, contents] = await Promise.all([
      Promise.all(newLabels.map((file) => readInput(file, 'label'))),
      Promise.all(newImages.map(contentOf)),
    ]);
    for (const bytes of labelBytes) labels.update(bytes);
    for (const content of contents) imageFiles.update(`${content}\n`);
  }
  return {
    images: dataset.ids.length,
    ids: ids.digest('hex'),
    labels: labels.digest('hex'),
    imageFiles: imageFiles.digest('hex'),
  };
}

/** The files that are not among those seen, which they then are. */
function unseen(files: readonly string[], seen: Set<string>): string[] {
  return files.filter((file) => !seen.has(file) && seen.add(file));
}

/** Bytes of a large image file that are read in one piece, and the pieces. Whoever edits an image writes all of it anew. */
const [pieceBytes, pieces] = [2 ** 16, 4];

/** Size and CRC-32 of a file: of all of it up to 256 KiB, of four pieces from beginning to end where it is larger. */
async function contentOf(file: string): Promise<string> {
  const handle = await open(file).catch(() => undefined);
  if (!handle) return 'none'; // images that are made, or are no files of their own; one that is missing is named when it is read
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) return 'none';
    const { size } = stat;
    const isWhole = size <= pieces * pieceBytes;
    const starts = isWhole
      ? [0]
      : Array.from({ length: pieces }, (_, i) => Math.round((i * (size - pieceBytes)) / (pieces - 1)));
    const buffer = Buffer.allocUnsafe(isWhole ? size : pieceBytes);
    let crc = 0;
    for (const start of starts) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, start);
      crc = crc32(buffer.subarray(0, bytesRead), crc);
    }
    return `${size} ${crc}`;
  } finally {
    await handle.close();
  }
}

/** What is not as it was, in words: `train has 9 images instead of 8`; undefined where nothing is. */
export function changeBetween(before: DataDigest, now: DataDigest, split: string): string | undefined {
  if (now.images !== before.images)
    return `${split} has ${counted(now.images, 'image')} instead of ${before.images}`;
  if (now.ids !== before.ids) return `${split} lists different images, or in a different order`;
  if (now.labels !== before.labels) return `labels of ${split} or the meaning of their values have changed`;
  if (before.imageFiles !== undefined && now.imageFiles !== before.imageFiles) {
    return `image files of ${split} have changed`;
  }
  return undefined;
}
