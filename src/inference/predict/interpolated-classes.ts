import type { Tensor } from '../../base/tensor.ts';
import type { LabelImage } from '../../data/images/image.ts';
import type { Cell } from './between-entries.ts';

/**
 * The class of the highest score at each pixel, of equal ones the lowest, by scores that are interpolated bilinearly there.
 *
 * What is interpolated is a mean of the four entries around the pixel. So a class whose score is at all four at most that of another
 * class is not the highest at any pixel between them. Mostly one class is left, for all pixels of a cell; otherwise scores are
 * interpolated for those that are left.
 *
 * @param scores [1, C, entries, entries], all finite
 * @param rows, columns of pixels between the entries of an axis; at least one each
 */
export function interpolatedClasses(
  { data, shape }: Tensor<'float32'>,
  rows: readonly Cell[],
  columns: readonly Cell[],
): LabelImage {
  const [, classes, entryRows, entryColumns] = shape as [number, number, number, number];
  const plane = entryRows * entryColumns;
  const [height, width] = [rows.at(-1)!.end, columns.at(-1)!.end];
  const labels = new Uint8Array(height * width);
  /** Four scores for each class that may be the highest in a cell, at the corners: above, left first, then below. */
  const corners = new Float64Array(4 * classes);
  const candidates = new Uint8Array(classes);
  /** On a row of pixels of a cell: the scores of the candidates where it begins, and what they grow by to where it ends. */
  const lefts = new Float64Array(classes);
  const steps = new Float64Array(classes);

  /** @returns how many candidates there are between these four entries */
  const lookAt = (entry: number): number => {
    let best = 0;
    let most = Number.NEGATIVE_INFINITY;
    for (let c = 0; c < classes; c++) {
      const at = c * plane + entry;
      const sum = data[at]! + data[at + 1]! + data[at + entryColumns]! + data[at + entryColumns + 1]!;
      if (sum > most) {
        most = sum;
        best = c;
      }
    }
    const of = best * plane + entry;
    const upperLeft = data[of]!;
    const upperRight = data[of + 1]!;
    const lowerLeft = data[of + entryColumns]!;
    const lowerRight = data[of + entryColumns + 1]!;
    let count = 0;
    for (let c = 0; c < classes; c++) {
      const at = c * plane + entry;
      const a = data[at]!;
      const b = data[at + 1]!;
      const d = data[at + entryColumns]!;
      const e = data[at + entryColumns + 1]!;
      const isHigher = a > upperLeft || b > upperRight || d > lowerLeft || e > lowerRight;
      const isEqual = a === upperLeft || b === upperRight || d === lowerLeft || e === lowerRight;
      if (!isHigher && c !== best && !(isEqual && c < best)) continue;
      candidates[count] = c;
      corners[4 * count] = a;
      corners[4 * count + 1] = b;
      corners[4 * count + 2] = d;
      corners[4 * count + 3] = e;
      count++;
    }
    return count;
  };

  /** Computed as enlarge-scores.ts computes scores. */
  const compare = (row: Cell, column: Cell, count: number) => {
    for (let y = 0; y < row.shares.length; y++) {
      const down = row.shares[y]!;
      for (let i = 0; i < count; i++) {
        const above = 4 * i;
        const left = corners[above]! + (corners[above + 2]! - corners[above]!) * down;
        const right = corners[above + 1]! + (corners[above + 3]! - corners[above + 1]!) * down;
        lefts[i] = left;
        steps[i] = right - left;
      }
      const target = (row.start + y) * width + column.start;
      for (let x = 0; x < column.shares.length; x++) {
        const across = column.shares[x]!;
        let highest = Math.fround(lefts[0]! + steps[0]! * across);
        let best = 0;
        for (let i = 1; i < count; i++) {
          const score = Math.fround(lefts[i]! + steps[i]! * across);
          if (score > highest) {
            highest = score;
            best = i;
          }
        }
        labels[target + x] = candidates[best]!;
      }
    }
  };

  for (const row of rows) {
    // Columns of pixels of one class, cell after cell.
    let start = 0;
    let end = 0;
    let only = 0;
    const fill = () => {
      for (let y = row.start; y < row.end && end > start; y++) {
        labels.fill(only, y * width + start, y * width + end);
      }
    };
    for (const column of columns) {
      const count = lookAt(row.entry * entryColumns + column.entry);
      if (count === 1 && end === column.start && candidates[0] === only) {
        end = column.end;
        continue;
      }
      fill();
      start = column.start;
      end = count === 1 ? column.end : start;
      only = candidates[0]!;
      if (count > 1) compare(row, column, count);
    }
    fill();
  }
  return { width, height, data: labels };
}
