import type { CoarseGrid } from '../../networks/graphs/coarse-output.ts';

/** The pixels of an axis between two entries of scores: `start` to before `end`. */
export interface Cell {
  /** The first of both entries. */
  readonly entry: number;
  readonly start: number;
  readonly end: number;
  /** Of pixel start + i the share of the second entry; that of the first is the rest. */
  readonly shares: Float64Array;
}

/** The pixels of an axis between the entries of coarse scores. */
export function cellsOfGrid(pixels: number, { stride, first }: CoarseGrid): Cell[] {
  return cellsAt(Float64Array.from({ length: pixels }, (_, pixel) => (pixel - first) / stride));
}

/** The pixels of an axis that is resized from so many, two at least, as resize-scores.ts has it. */
export function cellsOfResized(from: number, pixels: number): Cell[] {
  const placeOf = (pixel: number) => Math.min(Math.max(((pixel + 0.5) * from) / pixels - 0.5, 0), from - 1);
  return cellsAt(
    Float64Array.from({ length: pixels }, (_, pixel) => placeOf(pixel)),
    from - 2,
  );
}

/** @param places of pixels among entries, from 0 on; @param last cell that there is */
function cellsAt(places: Float64Array, last = Number.POSITIVE_INFINITY): Cell[] {
  const cells: Cell[] = [];
  for (let start = 0; start < places.length; ) {
    const entry = Math.min(Math.floor(places[start]!), last);
    let end = start + 1;
    while (end < places.length && (entry === last || places[end]! < entry + 1)) end++;
    cells.push({ entry, start, end, shares: places.slice(start, end).map((place) => place - entry) });
    start = end;
  }
  return cells;
}
