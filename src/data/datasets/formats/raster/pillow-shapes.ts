import type { LabelImage } from '../../../images/image.ts';
import { spend } from './effort.ts';
import { type Point, paintRow } from './paint.ts';

/*
 * Rectangles and ellipses as Pillow's ImageDraw draws them with outline=1 and fill=1 (src/libImaging/Draw.c).
 * Coordinates lose their fraction first.
 */

/** Fills the rectangle between two opposite corners, both included. */
export function fillRectangle(label: LabelImage, corners: readonly [Point, Point], value: number): void {
  const [[x0, y0], [x1, y1]] = [whole(corners[0]), whole(corners[1])];
  const bottom = Math.min(Math.max(y0, y1), label.height - 1);
  for (let y = Math.max(Math.min(y0, y1), 0); y <= bottom; y++) {
    paintRow(label, y, Math.min(x0, x1), Math.max(x0, x1), value);
  }
}

/** Fills the circle around a center; its bounding box loses its fractions, so that it may be an ellipse. */
export function fillCircle(label: LabelImage, [x, y]: Point, radius: number, value: number): void {
  const [left, top] = [Math.trunc(x - radius), Math.trunc(y - radius)];
  fillEllipse(label, left, top, Math.trunc(x + radius), Math.trunc(y + radius), value);
}

/**
 * Pillow's ellipseNew, filled. A quarter of the outline is walked in half pixels from the far right upwards, by the
 * next point that deviates least from the ellipse. Exact for boxes of up to 9700 pixels.
 */
function fillEllipse(
  label: LabelImage,
  left: number,
  top: number,
  right: number,
  bottom: number,
  value: number,
): void {
  const [a, b] = [right - left, bottom - top];
  if (a < 0 || b < 0 || a + b === 0) return;
  const deviation = (x: number, y: number) => Math.abs(a * a * y * y + b * b * x * x - a * a * b * b);
  let [x, y] = [a, b % 2];
  for (let painted = -1; ; ) {
    spend(label, 1);
    if (y > painted) {
      for (const row of new Set([y, -y])) {
        paintRow(label, top + (row + b) / 2, left + (a - x) / 2, left + (a + x) / 2, value);
      }
      painted = y;
    }
    if (x === a % 2 && y === b) return;
    let next: Point = [x, y + 2];
    if (x > 1) {
      for (const candidate of [
        [x - 2, y + 2],
        [x - 2, y],
      ] as const) {
        if (deviation(...next) > deviation(...candidate)) next = candidate;
      }
    }
    [x, y] = next;
  }
}

function whole([x, y]: Point): Point {
  return [Math.trunc(x), Math.trunc(y)];
}
