import { existsSync } from 'node:fs';
import { counted } from '../../../base/counted.ts';
import { inputError } from '../../../base/errors.ts';
import { readText } from '../../../base/text.ts';
import type { LabelImage } from '../../images/image.ts';
import { uprightSize } from './image-size.ts';
import { fillPoly } from './raster/opencv-polygon.ts';
import { blankLabel, boxAround, type Point } from './raster/paint.ts';

/** How far outside of the image Ultralytics takes points. */
const tolerance = 0.01;

/** Characters of a number, at least: of shorter ones, a file takes twenty times its size. */
const leastCharacters = 4;
/** Numbers that any file may have. */
const always = 1_000_000;

interface Polygon {
  readonly number: number;
  readonly points: readonly Point[];
}

/**
 * The label map of an image from its file of polygons, filled as polygon2mask of Ultralytics fills them: smaller objects
 * lie above larger ones, whatever their order.
 * @param numbers class numbers, of the classes as YOLO numbers them
 * @throws FcnError naming the file and the line
 */
export async function labelOfYolo(
  file: string,
  image: string,
  numbers: readonly number[],
): Promise<LabelImage> {
  const { width, height } = await uprightSize(image);
  const label = blankLabel(width, height);
  if (!existsSync(file)) return label;
  const polygons = parsePolygons(await readText(file, 'YOLO labels'), file, width, height, numbers);
  const mask = blankLabel(width, height);
  const sized = polygons.map((polygon) => ({ ...polygon, area: areaOf(polygon, mask) }));
  for (const { number, points } of sized.sort((a, b) => b.area - a.area)) fillPoly(label, points, number);
  return label;
}

function parsePolygons(
  text: string,
  file: string,
  width: number,
  height: number,
  numbers: readonly number[],
): Polygon[] {
  const polygons: Polygon[] = [];
  const most = always + text.length / leastCharacters;
  let at = 0;
  let count = 0;
  // One after the other: as a list, lines of a wrong file may take twenty times its size.
  for (const [line] of text.matchAll(/[^\n]*(?:\n|$)/g)) {
    at += 1;
    if (line.trim() === '') continue;
    const place = `YOLO labels ${file}: line ${at}`;
    const coordinates: number[] = [];
    let odd: string | undefined;
    for (const [word] of line.matchAll(/\S+/g)) {
      const number = Number(word);
      if (Number.isNaN(number) && coordinates.length > 0) odd ??= word;
      coordinates.push(number);
      if (++count > most)
        throw inputError(`${place}: got more than ${Math.floor(most)} numbers, expected fewer`);
    }
    const index = coordinates.shift();
    const number = numbers[index!];
    if (number === undefined) {
      const [found] = /\S+/.exec(line)!;
      throw inputError(
        `${place}: got class ${found!.slice(0, 40)}, expected 0 to ${numbers.length - 1}, with spaces between numbers`,
      );
    }
    if (odd !== undefined)
      throw inputError(`${place}: got '${odd.slice(0, 40)}', expected a number such as 0.25`);
    if (coordinates.length === 4)
      throw inputError(
        `${place}: got a box, as in labels for detection, expected a polygon with at least 3 points; export the labels for ` +
          'segmentation',
      );
    if (coordinates.length % 2 !== 0 || coordinates.length < 6) {
      throw inputError(
        `${place}: got ${counted(coordinates.length, 'number')}, expected x and y of at least 3 points`,
      );
    }
    const bad = coordinates.find((value) => !(value >= -tolerance && value <= 1 + tolerance));
    if (bad !== undefined) {
      throw inputError(
        `${place}: got the coordinate ${bad}, expected 0 to 1, fractions of the width and height; divide pixels by these, or percents by 100`,
      );
    }
    if (hasBoxInFront(coordinates)) {
      throw inputError(
        `${place}: got a box (its middle, width and height) before the polygon, expected the polygon alone; remove the first four numbers`,
      );
    }
    polygons.push({ number, points: pixelsOf(coordinates, width, height) });
  }
  return polygons;
}

/** Whether the first four numbers are the box around the points behind them, as some converters write it. */
function hasBoxInFront([x, y, width, height, ...points]: readonly number[]): boolean {
  if (points.length < 6) return false;
  const range = (first: number) => {
    let [least, most] = [Infinity, -Infinity];
    for (let i = first; i < points.length; i += 2) {
      least = Math.min(least, points[i]!);
      most = Math.max(most, points[i]!);
    }
    return { middle: (least + most) / 2, length: most - least };
  };
  const [across, down] = [range(0), range(1)];
  const box = [across.middle, down.middle, across.length, down.length];
  return [x!, y!, width!, height!].every((value, i) => Math.abs(value - box[i]!) < 1e-3);
}

/** Shares of width and height as whole pixels: float32, as Ultralytics has them, and cut off. */
function pixelsOf(coordinates: readonly number[], width: number, height: number): Point[] {
  const scaled = coordinates.map((value, i) =>
    Math.trunc(Math.fround(Math.fround(value) * (i % 2 === 0 ? width : height))),
  );
  return Array.from({ length: scaled.length / 2 }, (_, i) => [scaled[2 * i]!, scaled[2 * i + 1]!]);
}

/** The pixels of a polygon. @param mask of zeros, which it is again afterwards */
function areaOf({ points }: Polygon, mask: LabelImage): number {
  fillPoly(mask, points, 1);
  const { left, top, right, bottom } = boxAround(points, mask);
  let area = 0;
  for (let y = top; y <= bottom; y++) {
    const row = mask.data.subarray(y * mask.width + left, y * mask.width + right + 1);
    for (const value of row) area += value;
    row.fill(0);
  }
  return area;
}
