import type { LabelImage } from '../../../images/image.ts';
import { spend } from './effort.ts';
import { clipLine, drawLine } from './opencv-line.ts';
import { type Point, paintRow } from './paint.ts';

/** Fixed-point numbers have 16 bits behind the point. */
const one = 2 ** 16;

interface Edge {
  readonly y0: number;
  readonly y1: number;
  /** Fixed point, at the current row. */
  x: number;
  readonly dx: number;
  next: Edge | undefined;
}

/**
 * Fills a polygon of whole-numbered points as OpenCV's fillPoly does, its outline included (CollectPolyEdges and
 * FillEdgeCollection in modules/imgproc/src/drawing.cpp, line type 8, no shift).
 */
export function fillPoly(label: LabelImage, points: readonly Point[], value: number): void {
  const edges: Edge[] = [];
  for (const [i, to] of points.entries()) {
    const from = points.at(i - 1)!;
    drawLine(label, from, to, value);
    if (from[1] === to[1]) continue;
    // An edge runs through the ends of the line that was drawn, so that the two agree at the borders of the image.
    const [[ax, ay], [bx, by]] = clipLine(label, from, to).ends;
    const [fromY, toY] = ay === by ? [from[1], to[1]] : [ay, by];
    const dx = Math.trunc(((bx - ax) * one) / (toY - fromY));
    const y0 = Math.min(from[1], to[1]);
    const x = from[1] < to[1] ? ax * one + (y0 - fromY) * dx : bx * one + (y0 - toY) * dx;
    edges.push({ y0, y1: Math.max(from[1], to[1]), x, dx, next: undefined });
  }
  if (edges.length < 2) return;
  edges.sort((a, b) => a.y0 - b.y0 || a.x - b.x || a.dx - b.dx);
  fillEdges(label, edges, value);
}

function fillEdges(label: LabelImage, edges: readonly Edge[], value: number): void {
  // The list of edges that cross the current row hangs on `head`, ordered by x.
  const head: Edge = { y0: Infinity, y1: Infinity, x: 0, dx: 0, next: undefined };
  const end = Math.min(
    edges.reduce((most, { y1 }) => Math.max(most, y1), -Infinity),
    label.height,
  );
  let upcoming = 0;
  let active = 0;
  for (let y = edges[0]!.y0; y < end; y++) {
    spend(label, 1 + active);
    active = 0;
    let [before, edge]: [Edge, Edge | undefined] = [head, head.next];
    let between = false;
    while (edge || edges[upcoming]?.y0 === y) {
      if (edge?.y1 === y) {
        before.next = edge = edge.next;
        continue;
      }
      active++;
      const start = before;
      const added = edges[upcoming];
      if (edge && (!added || added.y0 > y || edge.x < added.x)) {
        before = edge;
        edge = edge.next;
      } else {
        before.next = added;
        added!.next = edge;
        before = added!;
        upcoming++;
      }
      if (between) {
        const [left, right] = start.x > before.x ? [before.x, start.x] : [start.x, before.x];
        paintRow(label, y, Math.ceil(left / one), Math.floor(right / one), value);
        start.x += start.dx;
        before.x += before.dx;
      }
      between = !between;
    }
    sortByX(head);
  }
}

/** Orders the list, nearly sorted from the row before, by swapping neighbors; edges at the same x keep their order. */
function sortByX(head: Edge): void {
  const active: Edge[] = [];
  for (let edge = head.next; edge; edge = edge.next) active.push(edge);
  active.sort((a, b) => a.x - b.x);
  let last = head;
  for (const edge of active) last = last.next = edge;
  last.next = undefined;
}
