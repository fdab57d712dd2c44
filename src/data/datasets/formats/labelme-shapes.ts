import * as z from 'zod';
import { counted } from '../../../base/counted.ts';
import { inputError } from '../../../base/errors.ts';
import { listOf } from '../../../base/schemas.ts';
import { ignoreLabel, type LabelImage } from '../../images/image.ts';
import { remarks } from '../../images/remarks.ts';
import type { Tell } from './annotated-images.ts';
import { decodeBase64, decodeObjectPng } from './base64-image.ts';
import { point } from './geometry.ts';
import type { Point } from './raster/paint.ts';
import { drawWideLine, fillPolygon } from './raster/pillow-polygon.ts';
import { fillCircle, fillRectangle } from './raster/pillow-shapes.ts';

/** labelme's defaults, in pixels. */
const lineWidth = 10;
const pointRadius = 5;

/** Pixels of shapes with this label do not count. */
export const ignoredLabel = '__ignore__';

export const labelmeShape = z.object({
  label: z
    .union([
      z.string().min(1, 'got none, expected the name of a class; name the shape in labelme'),
      z.number(),
    ])
    .transform(String),
  points: listOf(point),
  /** Absent in old files: a polygon. */
  shape_type: z.string().nullish(),
  /** A PNG in base64, of shapes of the type mask. */
  mask: z.string().nullish(),
});

type LabelmeShape = z.infer<typeof labelmeShape>;

/** How many points a shape has, and how labelme's shape_to_mask draws it. */
interface Drawing {
  readonly least: number;
  readonly most: number;
  readonly draw: (label: LabelImage, points: readonly Point[], value: number) => void;
}

const polygon: Drawing = { least: 3, most: Infinity, draw: fillPolygon };
const line: Drawing['draw'] = (label, points, value) => drawWideLine(label, points, lineWidth, value);

const drawings: Readonly<Record<string, Drawing>> = {
  polygon,
  oriented_rectangle: { ...polygon, least: 4, most: 4 },
  /** The name of the same in AnyLabeling, which also gives all corners of a rectangle. */
  rotation: { ...polygon, least: 4, most: 4 },
  rectangle: { least: 2, most: 2, draw: (label, [a, b], value) => fillRectangle(label, [a!, b!], value) },
  circle: { least: 2, most: 2, draw: drawCircle },
  line: { least: 2, most: 2, draw: line },
  linestrip: { least: 1, most: Infinity, draw: line },
  point: { least: 1, most: 1, draw: (label, [at], value) => fillCircle(label, at!, pointRadius, value) },
};

/**
 * Draws a shape as labelme does.
 * @param place in its file, for messages
 * @throws FcnError naming the place when the label is no class, or the shape is none that labelme could draw
 */
export function drawShape(
  label: LabelImage,
  shape: LabelmeShape,
  numbers: ReadonlyMap<string, number>,
  place: string,
  tell: Tell,
): void {
  const value = shape.label === ignoredLabel ? ignoreLabel : numbers.get(shape.label);
  if (value === undefined) throw inputError(`${place}: got a label that is not in labels.txt; add it there`);
  const type = shape.shape_type ?? 'polygon';
  if (type === 'mask') {
    drawMask(label, shape, value, place);
    return;
  }
  if (!Object.hasOwn(drawings, type)) {
    const known = [...Object.keys(drawings), 'mask'].join(', ');
    throw inputError(`${place}: got a shape with the type '${type}', expected one of ${known}`);
  }
  const { points } = shape;
  const { least, most, draw } =
    type === 'rectangle' && points.length === 4 ? drawings.oriented_rectangle! : drawings[type]!;
  if (type === 'polygon' && points.length < least) {
    tell(remarks.shortPolygon); // a click that went wrong; labelme stops at it
    return;
  }
  if (points.length < least || points.length > most) {
    const expected = most === least ? `${least}` : `at least ${least}`;
    throw inputError(`${place}: got a ${type} with ${counted(points.length, 'point')}, expected ${expected}`);
  }
  draw(label, points, value);
}

/** How far around its points a shape is drawn. */
export function reachOf({ shape_type, points: [center, rim] }: LabelmeShape): number {
  if (shape_type === 'circle') return Math.hypot(center![0] - rim![0], center![1] - rim![1]);
  return shape_type === 'line' || shape_type === 'linestrip' ? lineWidth / 2 : 0;
}

function drawCircle(label: LabelImage, [center, rim]: readonly Point[], value: number): void {
  const [dx, dy] = [center![0] - rim![0], center![1] - rim![1]];
  fillCircle(label, center!, Math.sqrt(dx ** 2 + dy ** 2), value);
}

/** A PNG in the box of two points, both included, which lose their fractions. */
function drawMask(label: LabelImage, { mask, points }: LabelmeShape, value: number, place: string): void {
  if (!mask || points.length !== 2) {
    throw inputError(
      `${place}: got ${mask ? counted(points.length, 'point') : 'no mask'}, expected a mask and 2 points`,
    );
  }
  const [left, top, right, bottom] = points.flat().map(Math.trunc) as [number, number, number, number];
  const { width, height, data } = decodeObjectPng(decodeBase64(mask, `${place}: mask`), `${place}: mask`);
  if (width !== right - left + 1 || height !== bottom - top + 1) {
    throw inputError(
      `${place}: got a mask of ${width}x${height} pixels, expected ${right - left + 1}x${bottom - top + 1} from its points`,
    );
  }
  for (let y = Math.max(0, -top); y < height && top + y < label.height; y++) {
    for (let x = Math.max(0, -left); x < width && left + x < label.width; x++) {
      if (data[y * width + x] !== 0) label.data[(top + y) * label.width + left + x] = value;
    }
  }
}
