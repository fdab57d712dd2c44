import type { Tensor } from '../../base/tensor.ts';
import type { LabelImage } from '../../data/images/image.ts';
import type { Cell } from './between-entries.ts';
import { RowOfCell } from './row-of-cell.ts';

/**
 * The class of the highest score at each pixel, of equal ones the lowest, by scores that are interpolated bilinearly there.
 *
 * What is interpolated is a mean of the four entries around the pixel. So a class whose score is at all four at most that of another
 * class is not the highest at any pixel between them. Mostly one class is left, for all pixels of a cell; otherwise scores are
 * interpolated for those that are left. (A class that is below by the last digit of float32 at all four may round to the same score as
 * the highest one. It is left out, too.)
 *
 * @param scores [1, C, entries, entries], all finite
 * @param rows, columns of pixels between the entries of an axis; at least one each
 */
export function interpolatedClasses(
  scores: Tensor<'float32'>,
  rows: readonly Cell[],
  columns: readonly Cell[],
): LabelImage {
  const { data, shape } = scores;
  const [, classes, entryRows, entryColumns] = shape as [number, number, number, number];
  const plane = entryRows * entryColumns;
  const [height, width] = [rows.at(-1)!.end, columns.at(-1)!.end];
  const labels = new Uint8Array(height * width);
  const highest = classesOfEntries(scores);
  /** Four scores for each class that may be the highest in a cell, at the corners: above, left first, then below. */
  const corners = new Float64Array(4 * classes);
  const candidates = new Uint8Array(classes);
  const ofRow = new RowOfCell(classes);

  const sumAt = (c: number, entry: number): number => {
    const at = c * plane + entry;
    return data[at]! + data[at + 1]! + data[at + entryColumns]! + data[at + entryColumns + 1]!;
  };

  /** @returns how many candidates there are between these four entries */
  const lookAt = (entry: number): number => {
    const below = entry + entryColumns;
    let best = highest[entry]!;
    candidates[0] = best;
    const right = highest[entry + 1]!;
    const lower = highest[below]!;
    const lowerAndRight = highest[below + 1]!;
    if (right === best && lower === best && lowerAndRight === best) return 1;
    if (right !== best && sumAt(right, entry) > sumAt(best, entry)) best = right;
    if (lower !== best && sumAt(lower, entry) > sumAt(best, entry)) best = lower;
    if (lowerAndRight !== best && sumAt(lowerAndRight, entry) > sumAt(best, entry)) best = lowerAndRight;
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
      for (let y = 0; y < row.shares.length && count > 1; y++) {
        ofRow.take(corners, count, row.shares[y]!);
        ofRow.write(labels, (row.start + y) * width + column.start, column.shares, candidates);
      }
    }
    fill();
  }
  return { width, height, data: labels };
}

/** The class of the highest score at each entry, of equal ones the lowest. */
function classesOfEntries({ data, shape }: Tensor<'float32'>): Uint8Array {
  const [, classes, rows, columns] = shape as [number, number, number, number];
  const plane = rows * columns;
  const highest = new Uint8Array(plane);
  const most = data.slice(0, plane);
  for (let c = 1; c < classes; c++) {
    for (let i = 0; i < plane; i++) {
      const score = data[c * plane + i]!;
      if (score <= most[i]!) continue;
      most[i] = score;
      highest[i] = c;
    }
  }
  return highest;
}
