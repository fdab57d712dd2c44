import type { LabelImage } from '../../../src/data/images/image.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
}

/**
 * Gives every pixel whose center lies within `radius` of the line between two points the label `value`. Points and
 * radius are in pixels of the label map, in which pixel (x, y) has its center at (x + 0.5, y + 0.5).
 */
export function paintStroke(
  { width, height, data }: LabelImage,
  from: Point,
  to: Point,
  radius: number,
  value: number,
): void {
  const [left, right] = [Math.min(from.x, to.x) - radius, Math.max(from.x, to.x) + radius];
  const [top, bottom] = [Math.min(from.y, to.y) - radius, Math.max(from.y, to.y) + radius];
  for (let y = Math.max(0, Math.floor(top)); y < Math.min(height, Math.ceil(bottom)); y++) {
    for (let x = Math.max(0, Math.floor(left)); x < Math.min(width, Math.ceil(right)); x++) {
      if (squaredDistance({ x: x + 0.5, y: y + 0.5 }, from, to) <= radius * radius)
        data[y * width + x] = value;
    }
  }
}

/** From a point to the nearest point of a line segment. */
function squaredDistance({ x, y }: Point, a: Point, b: Point): number {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : Math.min(1, Math.max(0, ((x - a.x) * dx + (y - a.y) * dy) / length));
  const [px, py] = [x - a.x - along * dx, y - a.y - along * dy];
  return px * px + py * py;
}
