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
/** What is looked at before an image is loaded. */
const annotation = z.object({
  image_id: id,
  segmentation: z.unknown().optional(),
  segments_info: z.unknown().optional(),
});

/** An image, and where its annotations lie in the file. */
export interface CocoImage extends z.infer<typeof image> {
  readonly annotations: JsonRange[];
}

export interface CocoFile {
  readonly file: string;
  /** Panoptic: an annotation is an image with its segments. */
  readonly panoptic: boolean;
  /** Not when all annotations are boxes. */
  readonly hasMasks: boolean;
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
  const rangesOf = (name: string) => {
    const ranges = arrays.get(name);
    if (ranges) return ranges;
    throw inputError(`${what}: got no list '${name}', expected images, annotations and categories`);
  };
  const parsed = <T>(schema: z.ZodType<T>, name: string, range: JsonRange) => {
    return parseJson(
      schema,
      bytes.toString('utf8', range.start, range.end),
      `${what}: ${name}.${range.index}`,
    );
  };
  const categories = rangesOf('categories').map((range) => parsed(category, 'categories', range));
  const images = new Map<number, CocoImage>();
  for (const range of rangesOf('images')) {
    const one = parsed(image, 'images', range);
    if (images.has(one.id)) throw inputError(`${what}: got two images with the id ${one.id}`);
    images.set(one.id, { ...one, annotations: [] });
  }
  let [panoptic, drawn] = [false, false];
  for (const range of rangesOf('annotations')) {
    const one = parsed(annotation, 'annotations', range);
    const owner = images.get(one.image_id);
    if (!owner) {
      throw inputError(
        `${what}: annotations.${range.index}: got image_id ${one.image_id}, which is in no entry of images`,
      );
    }
    owner.annotations.push(range);
    panoptic ||= one.segments_info !== undefined;
    drawn ||= !isEmpty(one.segmentation);
  }
  return { file, panoptic, hasMasks: panoptic || drawn, categories, images: [...images.values()] };
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

function isEmpty(segmentation: unknown): boolean {
  return !segmentation || (Array.isArray(segmentation) && segmentation.length === 0);
}
