import { inputError } from '../../../base/errors.ts';
import type { LabelImage } from '../../images/image.ts';
import { remarks } from '../../images/remarks.ts';
import type { Tell } from './annotated-images.ts';
import { isPossibleSize } from './geometry.ts';
import { uprightSize } from './image-size.ts';
import { decodeBrush } from './labelstudio-rle.ts';
import { isArea, labelOf, labelsOf, type Region } from './labelstudio-tasks.ts';
import { rasterizeRing } from './raster/coco-polygon.ts';
import { paintRuns } from './raster/coco-rle.ts';
import { spend } from './raster/effort.ts';
import { blankLabel, type Point, paintMask } from './raster/paint.ts';
import { ShapePlaces } from './shape-places.ts';

/** Percents beyond which Label Studio lets nobody draw. */
const farthest = 150;

/**
 * The label map of a task; later regions lie above earlier ones. Brush strokes are where the alpha of their pixels is not
 * 0. Label Studio makes no masks of polygons and rectangles; its converter writes them as COCO, and so they are filled.
 * Ellipses hold the pixels whose middle is inside.
 * @param place of the task, for messages
 */
export async function labelOfRegions(
  regions: readonly Region[],
  image: string,
  numbers: ReadonlyMap<string, number>,
  place: string,
  tell: Tell,
): Promise<LabelImage> {
  const sized = regions.find(({ original_width, original_height }) => original_width && original_height);
  const { width, height } = sized
    ? { width: sized.original_width!, height: sized.original_height! }
    : await uprightSize(image);
  if (!isPossibleSize(width, height)) {
    throw inputError(`Label Studio ${place}: got ${width}x${height} pixels, expected fewer`);
  }
  const label = blankLabel(width, height);
  const places = new ShapePlaces({ width: 100, height: 100 }, 'percents');
  for (const [index, region] of regions.entries()) {
    const name = labelOf(region);
    const number = name === undefined ? undefined : numbers.get(name);
    if (number === undefined && isArea(region)) tell(remarks.withoutLabel);
    if (labelsOf(region).length > 1) tell(remarks.severalLabels);
    if (number !== undefined) drawRegion(label, region, number, `${place}: result.${index}`, tell);
    checkPercents(region, `${place}: result.${index}`);
    places.add(outlineOf(region, label).map(([x, y]) => [(x / width) * 100, (y / height) * 100]));
  }
  places.judge(`Label Studio ${place}`, tell);
  return label;
}

function drawRegion(label: LabelImage, region: Region, number: number, place: string, tell: Tell): void {
  const { width, height } = label;
  if (region.rle) {
    spend(label, label.data.length); // a few bytes may say what all pixels are
    const mask = decodeBrush(region.rle, width, height);
    if (typeof mask === 'string') throw inputError(`Label Studio ${place}: ${mask}`);
    paintMask(label, mask, number);
  } else if (region.radiusX !== undefined) {
    fillEllipse(label, region, number);
  } else {
    const points = outlineOf(region, label);
    if (points.length < 3) tell(remarks.shortPolygon);
    else paintRuns(label, rasterizeRing(points, label), number);
  }
}

/** Points in pixels: none of a brush stroke, whose pixels cannot lie elsewhere. */
function outlineOf(region: Region, label: LabelImage): Point[] {
  const { width, height } = label;
  if (region.points) return region.points.map(([x, y]) => [(x / 100) * width, (y / 100) * height]);
  if (region.radiusX === undefined) return region.height === undefined ? [] : cornersOf(region, label);
  const { x = 0, y = 0, radiusX, radiusY = 0 } = region;
  return [
    [((x - radiusX) / 100) * width, ((y - radiusY) / 100) * height],
    [((x + radiusX) / 100) * width, ((y + radiusY) / 100) * height],
  ];
}

/** @throws FcnError where points lie so far beside the image that they must be pixels */
function checkPercents({ points = [], x = 0, y = 0 }: Region, place: string): void {
  const far = [...points.flat(), x, y].find((value) => value > farthest || value < 100 - farthest);
  if (far === undefined) return;
  throw inputError(
    `Label Studio ${place}: got the coordinate ${far}, expected percents of the width and height, 0 to 100; if these are pixels, ` +
      'divide them by the width and height and multiply by 100',
  );
}

/** The corners of a rectangle, turned by `rotation` degrees around its upper left one. */
function cornersOf(region: Region, label: LabelImage): Point[] {
  const { x = 0, y = 0, width = 0, height = 0, rotation } = region;
  const [left, top] = [(x * label.width) / 100, (y * label.height) / 100];
  const [w, h] = [(width * label.width) / 100, (height * label.height) / 100];
  const [sine, cosine] = sineAndCosine(rotation);
  const corners: Point[] = [
    [0, 0],
    [0, h],
    [w, h],
    [w, 0],
  ];
  return corners.map(([dx, dy]) => [left + dx * cosine - dy * sine, top + dx * sine + dy * cosine]);
}

function fillEllipse(label: LabelImage, region: Region, number: number): void {
  const { x = 0, y = 0, radiusX = 0, radiusY = 0, rotation } = region;
  const [centerX, centerY] = [(x * label.width) / 100, (y * label.height) / 100];
  const [a, b] = [(radiusX * label.width) / 100, (radiusY * label.height) / 100];
  const [sine, cosine] = sineAndCosine(rotation);
  spend(label, label.data.length);
  for (let row = 0; row < label.height; row++) {
    for (let column = 0; column < label.width; column++) {
      const [dx, dy] = [column + 0.5 - centerX, row + 0.5 - centerY];
      const [along, across] = [dx * cosine + dy * sine, dy * cosine - dx * sine];
      if ((along / a) ** 2 + (across / b) ** 2 <= 1) label.data[row * label.width + column] = number;
    }
  }
}

function sineAndCosine(degrees: number | null | undefined): [number, number] {
  const angle = ((degrees ?? 0) / 180) * Math.PI;
  return [Math.sin(angle), Math.cos(angle)];
}
