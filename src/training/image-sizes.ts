import type { Dataset } from '../data/datasets/dataset.ts';
import { uprightSize } from '../data/datasets/formats/image-size.ts';
import { spacedIndices } from '../data/datasets/spaced-indices.ts';
import type { Size } from '../inference/predict/segmenter.ts';

/** Images that are looked at, all over a split. */
const sampleSize = 20;

/**
 * The size of the largest of some images, by their headers where they are files. One that cannot be read counts for nothing:
 * it will be told of when its turn comes.
 */
export async function largestImage(dataset: Dataset): Promise<Size | undefined> {
  let largest: Size | undefined;
  for (const index of spacedIndices(dataset.ids.length, sampleSize)) {
    const size = await sizeOf(dataset, index);
    if (size && size.height * size.width > (largest ? largest.height * largest.width : 0)) largest = size;
  }
  return largest;
}

async function sizeOf(dataset: Dataset, index: number): Promise<Size | undefined> {
  const fromHeader = uprightSize(dataset.imageSource(index));
  // Images that are made, or are inside of another file.
  const { height, width } = await fromHeader
    .catch(async () => (await dataset.load(index)).image)
    .catch(() => ({ height: 0, width: 0 }));
  return height * width > 0 ? { height, width } : undefined;
}
