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
  const pixels = ({ height, width }: Size) => height * width;
  const [largest] = (await someSizes(dataset)).sort((a, b) => pixels(b) - pixels(a));
  return largest;
}

/** What sides of images of about one size differ by at most. */
const alike = 1.1;

/** The size in the middle of some images, as above, where all of them have about that; otherwise undefined. */
export async function commonSize(dataset: Dataset): Promise<Size | undefined> {
  const sizes = await someSizes(dataset);
  const middle = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1];
  const [height, width] = [middle(sizes.map((size) => size.height)), middle(sizes.map((size) => size.width))];
  if (height === undefined || width === undefined) return undefined;
  const isNear = (one: number, other: number) => Math.max(one / other, other / one) <= alike;
  return sizes.every((size) => isNear(size.height, height) && isNear(size.width, width))
    ? { height, width }
    : undefined;
}

/** The sizes of some images, all over the split. */
async function someSizes(dataset: Dataset): Promise<Size[]> {
  const sizes: Size[] = [];
  for (const index of spacedIndices(dataset.ids.length, sampleSize)) {
    const size = await sizeOf(dataset, index);
    if (size) sizes.push(size);
  }
  return sizes;
}

async function sizeOf(dataset: Dataset, index: number): Promise<Size | undefined> {
  const fromHeader = uprightSize(dataset.imageSource(index));
  // Images that are made, or are inside of another file.
  const { height, width } = await fromHeader
    .catch(async () => (await dataset.load(index)).image)
    .catch(() => ({ height: 0, width: 0 }));
  return height * width > 0 ? { height, width } : undefined;
}
