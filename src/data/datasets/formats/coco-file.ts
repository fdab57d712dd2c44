import { open } from 'node:fs/promises';
import { z } from 'zod';
import { inputError } from '../../../base/errors.ts';
import { readInput } from '../../../base/files.ts';
import { parseJson } from '../../../base/parse-json.ts';
import { side } from './geometry.ts';
import { findArrays, type JsonRange } from './json-arrays.ts';

const id = z.number().int();
const image = z.object({ id, file_name: z.string(), width: side, height: side });
const category = z.object({ id, name: z.string().min(1) });
const annotation = z.looseObject({ image_id: id });

/** An image, and where its annotations lie in the file. */
export interface CocoImage extends z.infer<typeof image> {
  readonly annotations: CocoRange[];
}

export interface CocoRange extends JsonRange {
  /** Number of the annotation in the file. */
  readonly index: number;
}

export interface CocoFile {
  readonly file: string;
  /** Panoptic: an annotation is an image with its segments. */
  readonly panoptic: boolean;
  readonly categories: readonly z.infer<typeof category>[];
  readonly images: readonly CocoImage[];
}

/**
 * What a COCO file lists. Its annotations stay in the file.
 * @throws FcnError naming the file and the place in it
 */
export async function readCocoFile(file: string): Promise<CocoFile> {
  const what = `COCO file ${file}`;
  const bytes = await readInput(file, 'COCO file');
  const arrays = findArrays(bytes, ['images', 'annotations', 'categories'], what);
  const parsed = <T>(schema: z.ZodType<T>, name: string): T[] => {
    const ranges = arrays.get(name);
    if (!ranges)
      throw inputError(`${what}: got no list '${name}', expected images, annotations and categories`);
    return ranges.map((range, index) => parseRange(schema, bytes, range, `${what}: ${name}.${index}`));
  };
  const categories = parsed(category, 'categories');
  const images = new Map<number, CocoImage>();
  for (const one of parsed(image, 'images')) {
    if (images.has(one.id)) throw inputError(`${what}: got two images with the id ${one.id}`);
    images.set(one.id, { ...one, annotations: [] });
  }
  let [panoptic, drawn] = [false, false];
  for (const [index, one] of parsed(annotation, 'annotations').entries()) {
    const owner = images.get(one.image_id);
    if (!owner) {
      throw inputError(
        `${what}: annotations.${index}: got image_id ${one.image_id}, which is in no entry of images`,
      );
    }
    owner.annotations.push({ ...arrays.get('annotations')![index]!, index });
    panoptic ||= one.segments_info !== undefined;
    drawn ||= !isEmpty(one.segmentation);
  }
  if (!panoptic && !drawn && arrays.get('annotations')!.length > 0) {
    throw inputError(`${what}: got boxes alone, expected annotations with a segmentation`);
  }
  return { file, panoptic, categories, images: [...images.values()] };
}

/** The annotations of an image, read from the file. @throws FcnError naming the place */
export async function readAnnotations<T>(
  schema: z.ZodType<T>,
  file: string,
  { annotations }: CocoImage,
): Promise<{ annotation: T; place: string }[]> {
  const handle = await open(file);
  try {
    const result: { annotation: T; place: string }[] = [];
    for (const { start, end, index } of annotations) {
      const { buffer } = await handle.read(Buffer.alloc(end - start), 0, end - start, start);
      const place = `COCO file ${file}: annotations.${index}`;
      result.push({ annotation: parseJson(schema, buffer.toString('utf8'), place), place });
    }
    return result;
  } finally {
    await handle.close();
  }
}

function parseRange<T>(schema: z.ZodType<T>, bytes: Buffer, { start, end }: JsonRange, place: string): T {
  return parseJson(schema, bytes.toString('utf8', start, end), place);
}

function isEmpty(segmentation: unknown): boolean {
  return !segmentation || (Array.isArray(segmentation) && segmentation.length === 0);
}
