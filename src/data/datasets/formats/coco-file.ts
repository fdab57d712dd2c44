import { isUtf8 } from 'node:buffer';
import { open } from 'node:fs/promises';
import * as z from 'zod';
import { inputError } from '../../../base/errors.ts';
import { readInput } from '../../../base/files.ts';
import { parseJson } from '../../../base/parse-json.ts';
import { decodeText } from '../../../base/text.ts';
import { side } from './geometry.ts';
import { findArrays, type JsonRange } from './json-arrays.ts';

/** A number, or the text that some tools write for one. */
export type CocoId = number | string;

export const cocoId = z
  .union([z.number(), z.string().min(1)])
  .transform(
    (value): CocoId => (typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value),
  );

const id = cocoId;
/** Without a size, or with 0, it is that of the image file. */
const image = z.object({
  id,
  file_name: z.string(),
  width: z.union([z.literal(0), side]).nullish(),
  height: z.union([z.literal(0), side]).nullish(),
});
const category = z.object({ id, name: z.string().min(1) });
/** What is looked at before an image is loaded. */
const annotation = z.object({
  image_id: id,
  category_id: id.nullish(),
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
  /** Annotations of images that the file does not list, and the ids that they name. */
  readonly strays: { count: number; readonly ids: Set<CocoId> };
  /** Annotations of categories that the file does not list, except panoptic ones. */
  readonly misfits: Misfits;
}

interface Misfits {
  count: number;
  readonly ids: Set<CocoId>;
  readonly images: Set<CocoImage>;
  /** The number of the first. */
  first?: number;
}

/**
 * What a COCO file lists. Its annotations stay in the file.
 * @throws FcnError naming the file and the place in it
 */
export async function readCocoFile(file: string): Promise<CocoFile> {
  const what = `COCO file ${file}`;
  const bytes = await readInput(file, 'COCO file');
  if (!isUtf8(bytes)) refuseEncoding(bytes, what);
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
  const images = new Map<CocoId, CocoImage>();
  for (const range of rangesOf('images')) {
    const one = parsed(image, 'images', range);
    if (images.has(one.id)) throw inputError(`${what}: got two images with the id ${one.id}`);
    images.set(one.id, { ...one, annotations: [] });
  }
  const known = new Set(categories.map(({ id }) => id));
  const strays = { count: 0, ids: new Set<CocoId>() };
  const misfits: Misfits = { count: 0, ids: new Set(), images: new Set() };
  let [panoptic, drawn] = [false, false];
  for (const range of rangesOf('annotations')) {
    const one = parsed(annotation, 'annotations', range);
    const owner = images.get(one.image_id);
    if (owner) owner.annotations.push(range);
    else {
      strays.count++;
      strays.ids.add(one.image_id);
    }
    if (owner && one.category_id != null && !known.has(one.category_id)) {
      misfits.count++;
      misfits.ids.add(one.category_id);
      misfits.images.add(owner);
      misfits.first ??= range.index;
    }
    panoptic ||= one.segments_info !== undefined;
    drawn ||= !isEmpty(one.segmentation);
  }
  const hasMasks = panoptic || drawn;
  return { file, panoptic, hasMasks, categories, images: [...images.values()], strays, misfits };
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

/** Annotations are read by their places in the file, which is not rewritten for that. */
function refuseEncoding(bytes: Uint8Array, what: string): never {
  decodeText(bytes, what); // which names the line where it is neither UTF-8 nor UTF-16
  throw inputError(`${what}: it is UTF-16, expected UTF-8; save the file as UTF-8`);
}

function isEmpty(segmentation: unknown): boolean {
  return !segmentation || (Array.isArray(segmentation) && segmentation.length === 0);
}
