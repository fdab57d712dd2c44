import type { LabelImage } from '../../../images/image.ts';
import { cocoRuns, type Runs } from './coco-rle.ts';
import { spend } from './effort.ts';
import type { Point } from './paint.ts';

const scale = 5;

/**
 * The pixels inside a ring, as pycocotools rasterizes it (rleFrPoly in cocoapi's common/maskApi.c): the outline is
 * followed on a grid five times as fine, and a column of pixels changes where the outline crosses its middle.
 * @param points of the ring, which need not be closed
 * @param label the image that it is for; nothing is drawn on it
 */
export function rasterizeRing(points: readonly Point[], label: LabelImage): Runs {
  const { width, height } = label;
  const fine = points.map(([x, y]): Point => [Math.trunc(scale * x + 0.5), Math.trunc(scale * y + 0.5)]);
  const changes: number[] = [];
  let before: Point | undefined;
  for (const [i, from] of fine.entries()) {
    const to = fine[(i + 1) % fine.length]!;
    spend(label, 4 * Math.max(Math.abs(to[0] - from[0]), Math.abs(to[1] - from[1])));
    for (const point of pointsBetween(from, to)) {
      if (before && point[0] !== before[0]) addChange(changes, before, point, width, height);
      before = point;
    }
  }
  return cocoRuns([...changes.sort((a, b) => a - b), width * height]);
}

/** The points of the fine grid on a segment, both ends included, in its direction. */
function* pointsBetween([x0, y0]: Point, [x1, y1]: Point): Generator<Point> {
  const [dx, dy] = [Math.abs(x1 - x0), Math.abs(y1 - y0)];
  const flat = dx >= dy;
  const steps = flat ? dx : dy;
  // Points are counted from the left or upper end, so that a segment is the same in both directions.
  const flip = flat ? x0 > x1 : y0 > y1;
  const [xs, ys, xe, ye] = flip ? [x1, y1, x0, y0] : [x0, y0, x1, y1];
  // A segment without length has no slope: its only point is an end.
  const slope = steps === 0 ? 0 : flat ? (ye - ys) / dx : (xe - xs) / dy;
  for (let step = 0; step <= steps; step++) {
    const t = flip ? steps - step : step;
    yield flat ? [t + xs, Math.trunc(ys + slope * t + 0.5)] : [Math.trunc(xs + slope * t + 0.5), t + ys];
  }
}

/** Where the outline steps over the middle of a column of pixels, the first pixel below it, counted column by column. */
function addChange(changes: number[], from: Point, to: Point, width: number, height: number): void {
  const x = (Math.min(from[0], to[0] < from[0] ? to[0] : to[0] - 1) + 0.5) / scale - 0.5;
  if (Math.floor(x) !== x || x < 0 || x > width - 1) return;
  const y = (Math.min(from[1], to[1]) + 0.5) / scale - 0.5;
  changes.push(x * height + Math.ceil(Math.min(Math.max(y, 0), height)));
}
