import type { LabelImage } from '../../../images/image.ts';
import { type Point, paintRow } from './paint.ts';

/** Draws a line of one pixel's width between whole-numbered points as OpenCV does (LineIterator, 8-connected). */
export function drawLine(label: LabelImage, from: Point, to: Point, value: number): void {
  const { inside, ends } = clipLine(label, from, to);
  if (!inside) return;
  const [[x0, y0], [x1, y1]] = ends[0][0] > ends[1][0] ? [ends[1], ends[0]] : ends;
  const [dx, dy, down] = [x1 - x0, Math.abs(y1 - y0), y1 < y0 ? -1 : 1];
  const steep = dy > dx;
  const [long, short] = steep ? [dy, dx] : [dx, dy];
  let [x, y, error] = [x0, y0, long - 2 * short];
  for (let i = 0; i <= long; i++) {
    paintRow(label, y, x, x, value);
    const both = error < 0;
    error += both ? 2 * long - 2 * short : -2 * short;
    if (steep || both) y += down;
    if (!steep || both) x += 1;
  }
}

/**
 * Cuts a line at the borders of the image; divisions lose their fractions. Of a line that turns out to lie outside, the
 * ends are where the cutting stopped.
 */
export function clipLine(
  { width, height }: LabelImage,
  from: Point,
  to: Point,
): { inside: boolean; ends: [Point, Point] } {
  const [right, bottom] = [width - 1, height - 1];
  let [[x1, y1], [x2, y2]] = [from, to];
  const beside = (x: number) => (x < 0 ? 1 : 0) + (x > right ? 2 : 0);
  const above = (y: number) => (y < 0 ? 4 : 0) + (y > bottom ? 8 : 0);
  let [code1, code2] = [beside(x1) + above(y1), beside(x2) + above(y2)];
  if ((code1 & code2) === 0 && (code1 | code2) !== 0) {
    if (code1 & 12) {
      const y = code1 < 8 ? 0 : bottom;
      x1 += Math.trunc(((y - y1) * (x2 - x1)) / (y2 - y1));
      y1 = y;
      code1 = beside(x1);
    }
    if (code2 & 12) {
      const y = code2 < 8 ? 0 : bottom;
      x2 += Math.trunc(((y - y2) * (x2 - x1)) / (y2 - y1));
      y2 = y;
      code2 = beside(x2);
    }
    if ((code1 & code2) === 0 && (code1 | code2) !== 0) {
      if (code1) {
        const x = code1 === 1 ? 0 : right;
        y1 += Math.trunc(((x - x1) * (y2 - y1)) / (x2 - x1));
        x1 = x;
        code1 = 0;
      }
      if (code2) {
        const x = code2 === 1 ? 0 : right;
        y2 += Math.trunc(((x - x2) * (y2 - y1)) / (x2 - x1));
        x2 = x;
        code2 = 0;
      }
    }
  }
  return {
    inside: (code1 | code2) === 0,
    ends: [
      [x1, y1],
      [x2, y2],
    ],
  };
}
