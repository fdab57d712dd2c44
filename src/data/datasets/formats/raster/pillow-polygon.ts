import type { LabelImage } from '../../../images/image.ts';
import { spend } from './effort.ts';
import { type Point, paintRow } from './paint.ts';

/*
 * Polygons and wide lines as Pillow draws them on a gray image, to the pixel: ImageDraw.polygon(outline=1, fill=1) and
 * ImageDraw.line(width=10), src/libImaging/Draw.c of Pillow 9.4. Other versions join some corners otherwise, which moves a
 * pixel here and there; 9.4 meets the masks that labelme's authors and users have published. Coordinates lose their
 * fractions first; slopes and crossings are float32.
 */

interface Edge {
  readonly x0: number;
  readonly y0: number;
  xmin: number;
  xmax: number;
  readonly ymin: number;
  readonly ymax: number;
  /** Change of x from row to row. */
  readonly slope: number;
}

const float = Math.fround;

/** Fills a polygon, its outline included. */
export function fillPolygon(label: LabelImage, points: readonly Point[], value: number): void {
  const at = points.map(([x, y]): Point => [Math.trunc(x), Math.trunc(y)]);
  const edges: Edge[] = [];
  for (let i = 0; i + 1 < at.length; i++) {
    const [from, to] = [at[i]!, at[i + 1]!];
    // A horizontal line that carries on another is one with it.
    const before = i > 0 && from[1] === to[1] && at[i - 1]![1] === from[1] ? at[i - 1]! : undefined;
    if (before && to[0] > from[0] && from[0] > before[0]) edges.at(-1)!.xmax = to[0];
    else if (before && to[0] < from[0] && from[0] < before[0]) edges.at(-1)!.xmin = to[0];
    else edges.push(edgeBetween(from, to));
  }
  const [first, last] = [at[0], at.at(-1)];
  if (first && last && (first[0] !== last[0] || first[1] !== last[1])) edges.push(edgeBetween(last, first));
  fillEdges(label, edges, value);
}

/** Draws the segments between points, each a rectangle of its own without joints. */
export function drawWideLine(
  label: LabelImage,
  points: readonly Point[],
  width: number,
  value: number,
): void {
  const at = points.map(([x, y]): Point => [Math.trunc(x), Math.trunc(y)]);
  for (let i = 0; i + 1 < at.length; i++) drawSegment(label, at[i]!, at[i + 1]!, width, value);
}

function drawSegment(
  label: LabelImage,
  [x0, y0]: Point,
  [x1, y1]: Point,
  width: number,
  value: number,
): void {
  const [dx, dy] = [x1 - x0, y1 - y0];
  if (dx === 0 && dy === 0) {
    paintRow(label, y0, x0, x0, value);
    return;
  }
  const length = Math.hypot(dx, dy);
  const half = (width - 1) / 2;
  const [wider, narrower] = [roundUp(half) / length, roundDown(half) / length];
  const [dxmin, dxmax] = [roundDown(narrower * dy), roundDown(wider * dy)];
  const [dymin, dymax] = [roundDown(narrower * dx), roundDown(wider * dx)];
  const corners: Point[] = [
    [x0 - dxmin, y0 + dymax],
    [x1 - dxmin, y1 + dymax],
    [x1 + dxmax, y1 - dymin],
    [x0 + dxmax, y0 - dymin],
  ];
  fillEdges(
    label,
    corners.map((corner, i) => edgeBetween(corner, corners[(i + 1) % 4]!)),
    value,
  );
}

function edgeBetween([x0, y0]: Point, [x1, y1]: Point): Edge {
  return {
    x0,
    y0,
    xmin: Math.min(x0, x1),
    xmax: Math.max(x0, x1),
    ymin: Math.min(y0, y1),
    ymax: Math.max(y0, y1),
    slope: y0 === y1 ? 0 : float((x1 - x0) / (y1 - y0)),
  };
}

/** Where an edge, prolonged if need be, crosses a row. */
function crossing({ x0, y0, slope }: Edge, y: number): number {
  return float(float((y - y0) * slope) + x0);
}

/** Pillow's polygon_generic: scan lines between every second crossing and the next. */
function fillEdges(label: LabelImage, edges: readonly Edge[], value: number): void {
  const horizontal = edges.filter(({ ymin, ymax }) => ymin === ymax);
  for (const { xmin, xmax, ymin } of horizontal) paintRow(label, ymin, xmin, xmax, value);
  const slanted = edges.filter(({ ymin, ymax }) => ymin !== ymax);
  const lowest = edges.reduce((most, { ymax }) => Math.max(most, ymax), 0);
  const start = edges.reduce((least, { ymin }) => Math.min(least, ymin), label.height - 1);
  const end = Math.min(lowest, label.height);
  const crossings = new Float32Array(slanted.length * 2);
  for (let y = Math.max(start, 0); y <= end; y++) {
    let n = 0;
    spend(label, slanted.length);
    for (const [i, edge] of slanted.entries()) {
      if (y < edge.ymin || y > edge.ymax) continue;
      const x = crossing(edge, y);
      crossings[n++] = x;
      if (y === edge.ymax && y < end) crossings[n++] = x;
      else if (edge.slope !== 0 && Number.isInteger(x) && (y === edge.ymin || y === edge.ymax)) {
        spend(label, i);
        connectCorner(crossings, slanted, i, x, y, end);
      }
    }
    const row = crossings.subarray(0, n).sort();
    for (let i = 1; i < n; i += 2) {
      // Halves are rounded inwards; where that crosses over, both pixels count.
      const [from, to] = [roundUp(row[i - 1]!, float), roundDown(row[i]!, float)];
      paintRow(label, y, Math.min(from, to), Math.max(from, to), value);
    }
  }
}

/**
 * Where two edges that lean the same way meet in a corner at its top or bottom, moves a crossing so that the corner
 * touches the row beside it. Pillow 9.4 moves the crossing whose number is that of the other edge, which is that edge's
 * own only when every edge before it crosses the row once; the masks of people's tools have it so.
 */
function connectCorner(
  crossings: Float32Array,
  edges: readonly Edge[],
  index: number,
  x: number,
  y: number,
  end: number,
): void {
  const edge = edges[index]!;
  const rising = edge.slope > 0;
  for (let k = 0; k < index; k++) {
    const other = edges[k]!;
    if (rising ? other.slope <= 0 : other.slope >= 0) continue;
    const bothBegin = y === edge.ymin && y === other.ymin;
    const bothEnd = y === edge.ymax && y === other.ymax;
    if (!(bothBegin || bothEnd) || x !== crossing(other, y)) continue;
    const beside = y === end ? y - 1 : y + 1;
    const [a, b] = [crossing(edge, beside), crossing(other, beside)];
    if (y === edge.ymax) crossings[k] = rising ? Math.max(a, b) + 1 : Math.min(a, b) - 1;
    else crossings[k] = rising ? Math.min(a, b) : Math.max(a, b) + 1;
    return;
  }
}

function same(value: number): number {
  return value;
}

/** To the nearest whole number, halves away from zero. `precision` is that of adding to what is not negative. */
function roundUp(value: number, precision = same): number {
  return value >= 0 ? Math.floor(precision(value + 0.5)) : -Math.floor(-value + 0.5);
}

/** To the nearest whole number, halves towards zero. */
function roundDown(value: number, precision = same): number {
  return value >= 0 ? Math.ceil(precision(value - 0.5)) : -Math.ceil(-value - 0.5);
}
