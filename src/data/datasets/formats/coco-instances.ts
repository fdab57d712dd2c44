import * as z from 'zod';
import { counted } from '../../../base/counted.ts';
import { inputError } from '../../../base/errors.ts';
import { listOf } from '../../../base/schemas.ts';
import type { LabelImage } from '../../images/image.ts';
import { remarks } from '../../images/remarks.ts';
import type { Tell } from './annotated-images.ts';
import type { CocoClasses } from './coco-classes.ts';
import { type CocoId, type CocoImage, cocoId, readAnnotations } from './coco-file.ts';
import { coordinate, isPossibleSize } from './geometry.ts';
import { rasterizeRing } from './raster/coco-polygon.ts';
import { decodeCocoRle, paintRuns, type Runs } from './raster/coco-rle.ts';
import { blankLabel, type Point } from './raster/paint.ts';
import { ShapePlaces } from './shape-places.ts';

const rle = z.object({
  /** Compressed, or the lengths themselves. */
  counts: z.union([z.string(), listOf(z.number().int().min(0))]),
  /** Height and width. */
  size: z.tuple([z.number(), z.number()]),
});

/** Rings, a single ring, an RLE or several. */
const segmentation = z.union([listOf(listOf(coordinate)), listOf(coordinate), rle, listOf(rle)], {
  error: 'expected polygons, each a list of x and y in turn, or a run-length encoding',
});

const annotation = z.object({ category_id: cocoId, segmentation: segmentation.nullish() });

type Part = readonly number[] | z.infer<typeof rle>;

export type SizedImage = CocoImage & { readonly width: number; readonly height: number };

/**
 * The label map of an image as pycocotools draws its annotations one after another: later ones lie above earlier ones.
 * Crowds (iscrowd 1) are pixels of their category like others; annotations without a segmentation, and rings of fewer than 3
 * points, which cover nothing, are left out, which is told.
 * @param image with its width and height
 */
export async function labelOfInstances(
  file: string,
  image: SizedImage,
  classes: CocoClasses,
  tell: Tell,
): Promise<LabelImage> {
  const { width, height } = image;
  if (!isPossibleSize(width, height)) {
    throw inputError(`COCO file ${file}: ${image.file_name}: got ${width}x${height} pixels, expected fewer`);
  }
  const label = blankLabel(width, height);
  const places = new ShapePlaces(label);
  for (const { annotation: one, place } of await readAnnotations(annotation, file, image)) {
    const number = numberOf(one.category_id, classes, place);
    const parts = partsOf(one.segmentation);
    if (parts.length === 0) tell(remarks.withoutSegmentation);
    for (const [index, part] of parts.entries()) {
      if ('counts' in part) paintRuns(label, checkedRuns(part, image, place), number);
      else if (part.length < 6) tell(remarks.shortPolygon);
      else {
        const points = pointsOf(part, `${place}.segmentation.${index}`);
        places.add(points);
        paintRuns(label, rasterizeRing(points, label), number);
      }
    }
  }
  places.judge(`COCO file ${file}: annotations of ${image.file_name}`, tell);
  return label;
}

function partsOf(given: z.infer<typeof segmentation> | null | undefined): readonly Part[] {
  if (!given) return [];
  if (!Array.isArray(given)) return [given];
  return typeof given[0] === 'number' ? [given as number[]] : (given as Part[]);
}

/** The class of a category. @throws FcnError when there is no such category */
export function numberOf(category: CocoId, { numbers }: CocoClasses, place: string): number {
  const number = numbers.get(category);
  if (number !== undefined) return number;
  throw inputError(`${place}: got category_id ${category}, expected the id of one of the categories`);
}

/** x and y in turn as points. @throws FcnError when there are too few, or an odd number */
function pointsOf(numbers: readonly number[], place: string): Point[] {
  if (numbers.length % 2 !== 0 || numbers.length < 6) {
    throw inputError(
      `${place}: got ${counted(numbers.length, 'number')}, expected x and y of at least 3 points`,
    );
  }
  return Array.from({ length: numbers.length / 2 }, (_, i) => [numbers[2 * i]!, numbers[2 * i + 1]!]);
}

function checkedRuns(
  { counts, size }: z.infer<typeof rle>,
  { width, height }: SizedImage,
  place: string,
): Runs {
  if (size[0] !== height || size[1] !== width) {
    throw inputError(
      `${place}: got an RLE of the size ${size.join(', ')}, expected ${height}, ${width} (height, width)`,
    );
  }
  const runs = typeof counts === 'string' ? decodeCocoRle(counts) : counts;
  if (!runs) throw inputError(`${place}: got counts that are not a compressed RLE`);
  const pixels = runs.reduce((sum, length) => sum + length, 0);
  if (pixels === width * height) return runs;
  throw inputError(`${place}: got an RLE of ${pixels} pixels, expected ${width * height}`);
}
