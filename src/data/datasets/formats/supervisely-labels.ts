import { inflateSync } from 'node:zlib';
import * as z from 'zod';
import { counted } from '../../../base/counted.ts';
import { inputError, reasonOf } from '../../../base/errors.ts';
import { listOf } from '../../../base/schemas.ts';
import type { LabelImage } from '../../images/image.ts';
import { remarks } from '../../images/remarks.ts';
import type { Tell } from './annotated-images.ts';
import { decodeBase64, decodeObjectPng } from './base64-image.ts';
import { isPossibleSize, point, side } from './geometry.ts';
import { pixelsAtOnce, scratchMask, spend } from './raster/effort.ts';
import { drawLine } from './raster/opencv-line.ts';
import { fillPoly } from './raster/opencv-polygon.ts';
import { blankLabel, boxAround, type Point, paintMask } from './raster/paint.ts';
import { fillRectangle } from './raster/pillow-shapes.ts';
import { ShapePlaces } from './shape-places.ts';
import { readJson } from './text-file.ts';

const object = z.object({
  classTitle: z.string(),
  geometryType: z.string(),
  points: z.object({ exterior: listOf(point), interior: listOf(listOf(point)).default([]) }).optional(),
  bitmap: z.object({ data: z.string(), origin: point }).nullish(),
});

const annotation = z.object({
  size: z.object({ width: side, height: side }),
  objects: listOf(object),
});

type SuperviselyObject = z.infer<typeof object>;

/**
 * The label map of an annotation as Supervisely's Annotation.draw makes it: later objects lie above earlier ones.
 * Polygons are filled, and their holes cut out, by OpenCV's fillPoly.
 */
export async function labelOfSupervisely(
  file: string,
  numbers: ReadonlyMap<string, number>,
  tell: Tell,
): Promise<LabelImage> {
  const { size, objects } = await readJson(annotation, file, 'Supervisely file');
  if (!isPossibleSize(size.width, size.height)) {
    throw inputError(`Supervisely file ${file}: got ${size.width}x${size.height} pixels, expected fewer`);
  }
  const label = blankLabel(size.width, size.height);
  const places = new ShapePlaces(label);
  for (const [index, one] of objects.entries()) {
    const place = `Supervisely file ${file}: objects.${index}`;
    const number = numbers.get(one.classTitle);
    if (number === undefined) {
      throw inputError(`${place}: got the class '${one.classTitle}', expected one of meta.json`);
    }
    draw(label, one, number, place, tell);
    places.add(one.points?.exterior ?? []);
  }
  places.judge(`Supervisely file ${file}`, tell);
  return label;
}

function draw(label: LabelImage, one: SuperviselyObject, number: number, place: string, tell: Tell): void {
  const exterior = (one.points?.exterior ?? []).map(whole);
  const least: Record<string, number> = { polygon: 3, rectangle: 2, line: 2, point: 1 };
  if (one.geometryType === 'bitmap') {
    drawBitmap(label, one, number, place);
    return;
  }
  if (!Object.hasOwn(least, one.geometryType)) {
    const known = [...Object.keys(least), 'bitmap'].join(', ');
    throw inputError(`${place}: got a shape with the type '${one.geometryType}', expected one of ${known}`);
  }
  if (one.geometryType === 'polygon' && exterior.length < 3) {
    tell(remarks.shortPolygon);
    return;
  }
  if (exterior.length < least[one.geometryType]!) {
    throw inputError(
      `${place}: got a ${one.geometryType} with ${counted(exterior.length, 'point')}, expected ${least[one.geometryType]}`,
    );
  }
  if (one.geometryType === 'polygon') {
    const mask = scratchMask(label);
    fillPoly(mask, exterior, 1);
    for (const hole of one.points!.interior) fillPoly(mask, hole.map(whole), 0);
    paintMask(label, mask, number, boxAround(exterior, mask));
  } else if (one.geometryType === 'rectangle') {
    fillRectangle(label, [exterior[0]!, exterior[1]!], number);
  } else {
    const ends = one.geometryType === 'point' ? [exterior[0]!, exterior[0]!] : exterior;
    for (let i = 1; i < ends.length; i++) drawLine(label, ends[i - 1]!, ends[i]!, number);
  }
}

/** A PNG, compressed once more by zlib, with its upper left corner at `origin`. */
function drawBitmap(label: LabelImage, { bitmap }: SuperviselyObject, number: number, place: string): void {
  if (!bitmap) throw inputError(`${place}: got no bitmap, expected one`);
  const [left, top] = whole(bitmap.origin);
  // A PNG of the whole image in four channels is no larger, but for its chunks.
  const most = 4 * label.width * label.height + 2 ** 16;
  const png = unpack(bitmap.data, most, `${place}.bitmap`);
  const { width, height, data } = decodeObjectPng(png, `${place}.bitmap`);
  spend(label, (width * height) / pixelsAtOnce);
  for (let y = Math.max(0, -top); y < height && top + y < label.height; y++) {
    for (let x = Math.max(0, -left); x < width && left + x < label.width; x++) {
      if (data[y * width + x] !== 0) label.data[(top + y) * label.width + left + x] = number;
    }
  }
}

/** @param most bytes that it may unpack to */
function unpack(text: string, most: number, place: string): Uint8Array {
  const bytes = decodeBase64(text, place);
  try {
    return inflateSync(bytes, { maxOutputLength: most });
  } catch (thrown) {
    throw inputError(`${place}: cannot be unpacked (${reasonOf(thrown)})`, thrown);
  }
}

/** Without fractions, as Supervisely draws points. */
function whole([x, y]: Point): Point {
  return [Math.trunc(x), Math.trunc(y)];
}
