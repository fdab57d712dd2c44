import { existsSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { inputError } from '../../../base/errors.ts';
import { listOf } from '../../../base/schemas.ts';
import { readImage } from '../../images/decode.ts';
import { ignoreLabel, type LabelImage } from '../../images/image.ts';
import type { CocoClasses } from './coco-classes.ts';
import { type CocoImage, cocoId, readAnnotations } from './coco-file.ts';
import { numberOf } from './coco-instances.ts';
import type { ImageFinder } from './find-images.ts';
import { blankLabel } from './raster/paint.ts';

const annotation = z.object({
  file_name: z.string(),
  segments_info: listOf(z.object({ id: z.number(), category_id: cocoId })),
});

/**
 * The label map of an image of a panoptic file, from the PNG whose pixels are the ids of segments:
 * red + 256 green + 65536 blue. Pixels with the id 0 belong to no segment and are void.
 */
export async function labelOfPanoptic(
  file: string,
  image: CocoImage,
  classes: CocoClasses,
  finder: ImageFinder,
): Promise<LabelImage> {
  const annotations = await readAnnotations(annotation, file, image);
  if (annotations.length !== 1) {
    throw inputError(
      `COCO file ${file}: got ${annotations.length} annotations for ${image.file_name}, expected 1 in a panoptic file`,
    );
  }
  const { annotation: one, place } = annotations[0]!;
  const numbers = new Map<number, number>([[0, ignoreLabel]]);
  for (const { id, category_id } of one.segments_info) numbers.set(id, numberOf(category_id, classes, place));
  const png = findPanopticPng(file, one.file_name, finder);
  const { width, height, data } = await readImage(png);
  const label = blankLabel(width, height);
  for (let i = 0; i < label.data.length; i++) {
    const id = data[3 * i]! + 256 * data[3 * i + 1]! + 65536 * data[3 * i + 2]!;
    const number = numbers.get(id);
    if (number === undefined) {
      const at = `x ${i % width}, y ${Math.floor(i / width)}`;
      throw inputError(
        `label ${png}: got the segment ${id} at ${at}, which is not in segments_info of ${place}`,
      );
    }
    label.data[i] = number;
  }
  return label;
}

/** panoptic_val2017.json has its PNGs in panoptic_val2017, beside it, or in some other folder, but not in that of the photos. */
function findPanopticPng(file: string, name: string, finder: ImageFinder): string {
  const folder = path.dirname(file);
  const candidates = [
    path.join(folder, path.basename(file, path.extname(file)), name),
    path.join(folder, name),
  ];
  const found = candidates.find((candidate) => existsSync(candidate)) ?? finder.findExactly(name, 'panoptic');
  if (found) return found;
  throw inputError(
    `COCO file ${file}: its panoptic PNG ${name} is missing, expected ${candidates[0]}; put the PNGs there`,
  );
}
