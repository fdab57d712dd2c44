import * as z from 'zod';
import { inputError } from '../../../base/errors.ts';
import { faultOf, issueInWords } from '../../../base/issue-in-words.ts';
import { listOf } from '../../../base/schemas.ts';
import { isImage } from './find-images.ts';
import { coordinate, point, side } from './geometry.ts';
import { readJson } from './text-file.ts';

/** Some tools write classes as numbers. */
const labels = listOf(z.union([z.string(), z.number()]).transform(String));

/** What was drawn: a polygon, a brush stroke, a rectangle or an ellipse, in percent of width and height. */
const region = z.object({
  points: listOf(point).optional(),
  rle: listOf(z.number().int().min(0).max(255)).optional(),
  x: coordinate.optional(),
  y: coordinate.optional(),
  width: coordinate.optional(),
  height: coordinate.optional(),
  radiusX: coordinate.optional(),
  radiusY: coordinate.optional(),
  rotation: coordinate.nullish(),
  original_width: side.optional(),
  original_height: side.optional(),
  polygonlabels: labels.optional(),
  brushlabels: labels.optional(),
  rectanglelabels: labels.optional(),
  ellipselabels: labels.optional(),
  labels: labels.optional(),
});

const result = z.looseObject({
  value: z.unknown().optional(),
  original_width: z.unknown().optional(),
  original_height: z.unknown().optional(),
  /** Degrees by which the image was turned on the screen; what was drawn then is turned as well. */
  image_rotation: z.unknown().optional(),
});

const annotation = z.object({
  was_cancelled: z.boolean().nullish(),
  skipped: z.boolean().nullish(),
  ground_truth: z.boolean().nullish(),
  result: listOf(result),
});

const task = z.looseObject({
  id: z
    .union([z.number().int(), z.string().regex(/^\d+$/, 'expected a whole number, as Label Studio has them')])
    .transform(Number),
  data: z.record(z.string(), z.unknown()).optional(),
  annotations: listOf(annotation).optional(),
  /** What old versions call annotations. */
  completions: listOf(annotation).optional(),
  file_upload: z.string().nullish(),
});

export type Region = z.infer<typeof region>;

export interface Task {
  readonly id: number;
  /** Names of the image, the likeliest first. */
  readonly images: readonly string[];
  /** Undefined where nobody has annotated the task. */
  readonly regions: readonly Region[] | undefined;
  /** Annotations of which only the first counts: none of them is called the truth. */
  readonly rivals: number;
  readonly place: string;
}

/**
 * The tasks of an export as JSON, or JSON-MIN, with the annotation that counts: the ground truth, or else the first that
 * was not cancelled.
 * @throws FcnError naming the file and the place in it
 */
export async function readTasks(file: string): Promise<Task[]> {
  const tasks = await readJson(listOf(task), file, 'Label Studio file');
  return tasks.map((one, index) => {
    const place = `file ${file}: ${index}`;
    return { id: one.id, images: imagesOf(one), ...regionsOf(one, place), place };
  });
}

/** The label of a region, the first where it has several. Undefined where it has none, or is no area: a key point, a choice. */
export function labelOf(region: Region): string | undefined {
  return isArea(region) ? labelsOf(region)[0] : undefined;
}

export function labelsOf(region: Region): readonly string[] {
  const { polygonlabels, brushlabels, rectanglelabels, ellipselabels, labels } = region;
  return polygonlabels ?? brushlabels ?? rectanglelabels ?? ellipselabels ?? labels ?? [];
}

export function isArea({ points, rle, height, radiusX }: Region): boolean {
  return (points ?? rle ?? height ?? radiusX) !== undefined;
}

function regionsOf(one: z.infer<typeof task>, place: string): Pick<Task, 'regions' | 'rivals'> {
  const annotations = one.annotations ?? one.completions;
  if (!annotations) return { regions: minimalRegions(one, place), rivals: 0 };
  const counting = annotations.filter(({ was_cancelled, skipped }) => !was_cancelled && !skipped);
  const truth = counting.find(({ ground_truth }) => ground_truth);
  const chosen = truth ?? counting[0];
  const regions = chosen?.result.map(({ value, original_width, original_height, image_rotation }, index) => {
    if (image_rotation) {
      throw inputError(
        `Label Studio ${place}.annotations: result.${index}: it was drawn on an image turned by ${image_rotation} degrees, and ` +
          'does not match the image itself; turn the image back in Label Studio, or turn the file, and draw it again',
      );
    }
    const { success, data, error } = region.safeParse({
      ...(value as object),
      original_width,
      original_height,
    });
    if (success) return data;
    const { path, message } = faultOf(error.issues[0]!);
    throw inputError(
      `Label Studio ${place}.annotations: result.${index}: ${path.join('.')}: ${issueInWords(message)}`,
    );
  });
  return { regions, rivals: truth ? 0 : Math.max(0, counting.length - 1) };
}

/** JSON-MIN has the regions of each tag under the tag's name, beside the data of the task. */
function minimalRegions(one: z.infer<typeof task>, place: string): Region[] | undefined {
  const lists = Object.entries(one).filter(([, value]) => {
    return Array.isArray(value) && value.some((item) => item?.original_width !== undefined);
  });
  if (lists.length === 0) return undefined;
  return lists.flatMap(([tag, list]) =>
    (list as unknown[]).map((item, index) => {
      const { success, data, error } = region.safeParse(item);
      if (success) return data;
      const { path, message } = faultOf(error.issues[0]!);
      throw inputError(`Label Studio ${place}.${tag}.${index}: ${path.join('.')}: ${issueInWords(message)}`);
    }),
  );
}

function imagesOf(one: z.infer<typeof task>): string[] {
  const data = one.data ?? one;
  const values = [data.image, ...Object.values(data), one.file_upload].filter(
    (value) => typeof value === 'string',
  );
  return [...new Set(values.map(pathOf))].filter(isImage);
}

/** The path in a URL, or in its parameter d, by which Label Studio names files on its own disk. */
function pathOf(text: string): string {
  const [address, query] = text.split('?', 2);
  const local = query === undefined ? null : new URLSearchParams(query).get('d');
  if (local) return local;
  try {
    return decodeURIComponent(address!);
  } catch {
    return address!; // a percent sign in a file name
  }
}
