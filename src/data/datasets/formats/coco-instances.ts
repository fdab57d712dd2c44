import { z } from 'zod';
import { inputError } from '../../../base/errors.ts';
import { listOf } from '../../../base/schemas.ts';
import type { LabelImage } from '../../images/image.ts';
import type { CocoClasses } from './coco-classes.ts';
import { type CocoImage, readAnnotations } from './coco-file.ts';
import { coordinate, isPossibleSize } from './geometry.ts';
import { rasterizeRing } from './raster/coco-polygon.ts';
import { decodeCocoRle, paintRuns, type Runs } from './raster/coco-rle.ts';
import { blankLabel, type Point } from './raster/paint.ts';

const rle = z.object({
  /** Compressed, or the lengths themselves. */
  counts: z.union([z.string(), listOf(z.number().int().min(0))]),
  /** Height and width. */
  size: z.tuple([z.number(), z.number()]),
});

const annotation = z.object({
  category_id: z.number(),
  segmentation: z.union([listOf(listOf(coordinate)), rle]).nullish(),
});

/**
 * The label map of an image as pycocotools draws its annotations one after another: later ones lie above earlier ones.
 * Crowds (iscrowd 1) are pixels of their category like others; annotations without a segmentation are left out.
 */
export async function labelOfInstances(
  file: string,
  image: CocoImage,
  classes: CocoClasses,
): Promise<LabelImage> {
  const { width, height } = image;
  if (!isPossibleSize(width, height)) {
    throw inputError(`COCO file ${file}: ${image.file_name}: got ${width}x${height} pixels, expected fewer`);
  }
  const label = blankLabel(width, height);
  for (const { annotation: one, place } of await readAnnotations(annotation, file, image)) {
    const number = numberOf(one.category_id, classes, place);
    const { segmentation } = one;
    if (!segmentation) continue;
    if (!Array.isArray(segmentation)) paintRuns(label, checkedRuns(segmentation, image, place), number);
    else {
      for (const [index, ring] of segmentation.entries()) {
        const points = pointsOf(ring, `${place}.segmentation.${index}`);
        paintRuns(label, rasterizeRing(points, label), number);
      }
    }
  }
  return label;
}

/** The class of a category. @throws FcnError when there is no such category */
export function numberOf(category: number, { numbers }: CocoClasses, place: string): number {
  const number = numbers.get(category);
  if (number !== undefined) return number;
  throw inputError(`${place}: got category_id ${category}, expected the id of one of the categories`);
}

/** x and y in turn as points. @throws FcnError when there are too few, or an odd number */
export function pointsOf(numbers: readonly number[], place: string): Point[] {
  if (numbers.length % 2 !== 0 || numbers.length < 6) {
    throw inputError(`${place}: got ${numbers.length} numbers, expected x and y of at least 3 points`);
  }
  return Array.from({ length: numbers.length / 2 }, (_, i) => [numbers[2 * i]!, numbers[2 * i + 1]!]);
}

function checkedRuns(
  { counts, size }: z.infer<typeof rle>,
  { width, height }: CocoImage,
  place: string,
): Runs {
  if (size[0] !== height || size[1] !== width) {
    throw inputError(
      `${place}: got an RLE of the size ${size.join(', ')}, expected ${height}, ${width} (height, width)`,
    );
  }
  const runs = typeof counts === 'string' ? decodeCocoRle(counts) : counts;
  if (!runs) throw inputError(`${place}: got counts that are no compressed RLE`);
  const pixels = runs.reduce((sum, length) => sum + length, 0);
  if (pixels === width * height) return runs;
  throw inputError(`${place}: got an RLE of ${pixels} pixels, expected ${width * height}`);
}
