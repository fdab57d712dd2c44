import type { Tensor } from '../../base/tensor.ts';
import type { CoarseGrid } from '../../networks/graphs/coarse-output.ts';
import { type Cell, cellsOfGrid } from './between-entries.ts';

/**
 * Interpolates coarse scores bilinearly at each pixel (Long et al. 2015, section 3.3), first between rows, then between columns.
 * @param coarse [1, C, entries, entries] of a graph by coarse-output.ts
 * @param into [1, C, H, W], written over
 */
export function enlargeScores(coarse: Tensor<'float32'>, grid: CoarseGrid, into: Tensor<'float32'>): void {
  const [, , height, width] = into.shape;
  interpolateScores(coarse, cellsOfGrid(height!, grid), cellsOfGrid(width!, grid), into);
}

/** The same at pixels that lie anywhere between the entries. */
export function interpolateScores(
  { data: coarse, shape }: Tensor<'float32'>,
  rows: readonly Cell[],
  columns: readonly Cell[],
  { data }: Tensor<'float32'>,
): void {
  const [, classes, entryRows, entryColumns] = shape as [number, number, number, number];
  const between = new Float64Array(entryColumns); // a row of entries for the row of pixels
  let target = 0;
  for (let c = 0; c < classes; c++) {
    for (const { entry, shares } of rows) {
      const upper = (c * entryRows + entry) * entryColumns;
      for (const down of shares) {
        for (let j = 0; j < entryColumns; j++) {
          const above = coarse[upper + j]!;
          between[j] = above + (coarse[upper + entryColumns + j]! - above) * down;
        }
        for (let j = 0; j < columns.length; j++) {
          const { entry, shares } = columns[j]!;
          const left = between[entry]!;
          const step = between[entry + 1]! - left;
          for (let x = 0; x < shares.length; x++) data[target++] = left + step * shares[x]!;
        }
      }
    }
  }
}
