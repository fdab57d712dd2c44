import { layOut } from '../../base/kernels/kernel-memory.ts';
import { type Kernels, kernels } from '../../base/kernels/kernels.ts';
import { allocate, type Tensor } from '../../base/tensor.ts';
import type { LabelImage } from '../../data/images/image.ts';
import { argmax } from './argmax.ts';
import type { Cell } from './between-entries.ts';
import { interpolateScores } from './enlarge-scores.ts';

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
  const fast = kernels();
  return fast ? classesByKernels(fast, scores, rows, columns) : classesInJavaScript(scores, rows, columns);
}

/** So many rows of pixels are found at once, at most. */
const rowsAtOnce = 32;

/** The kernel writes 8 pixels at a time, up to so many too many. */
const tooMany = 7;

/** `ofCandidate` of the kernel. */
const candidateBytes = 48;

function classesByKernels(
  fast: Kernels,
  { data, shape }: Tensor<'float32'>,
  rows: readonly Cell[],
  columns: readonly Cell[],
): LabelImage {
  const [, classes, entryRows, entryColumns] = shape as [number, number, number, number];
  const [height, width] = [rows.at(-1)!.end, columns.at(-1)!.end];
  const labels = new Uint8Array(height * width);
  const pitch = 16 * Math.ceil(entryColumns / 4);
  const rowBytes = (classes + 1) * pitch;
  const line = width + tooMany;
  const { at, bytes, ints, floats, doubles } = layOut(fast, {
    entries: 2 * rowBytes,
    columns: 12 * columns.length,
    across: 8 * line,
    down: 8 * rowsAtOnce,
    candidates: candidateBytes * classes,
    labels: rowsAtOnce * line,
  });
  for (const [i, { entry, start, shares }] of columns.entries()) {
    ints.set([entry, start, shares.length], at.columns / 4 + 3 * i);
    doubles.set(shares, at.across / 8 + start);
  }

  const held = [-1, -1];
  /** Where in memory a row of entries is, beside that before or after it. */
  const placeOf = (entryRow: number): number => {
    const place = at.entries + (entryRow % 2) * rowBytes;
    if (held[entryRow % 2] === entryRow) return place;
    held[entryRow % 2] = entryRow;
    for (let c = 0; c < classes; c++) {
      const from = (c * entryRows + entryRow) * entryColumns;
      floats.set(data.subarray(from, from + entryColumns), (place + c * pitch) / 4);
    }
    fast.highestOfEntries(place, classes, pitch);
    return place;
  };

  for (const { entry, start, shares } of rows) {
    const entries = [placeOf(entry), placeOf(entry + 1), classes, pitch] as const;
    for (let first = 0; first < shares.length; first += rowsAtOnce) {
      const some = shares.subarray(first, first + rowsAtOnce);
      doubles.set(some, at.down / 8);
      const pixels = [at.columns, columns.length, at.across, at.down, some.length] as const;
      fast.classesOfRow(...entries, ...pixels, at.candidates, at.labels, width);
      for (let y = 0; y < some.length; y++) {
        const from = at.labels + y * line;
        labels.set(bytes.subarray(from, from + width), (start + first + y) * width);
      }
    }
  }
  return { width, height, data: labels };
}

/** The same without kernels, by looking at each class everywhere; so none is left out that rounds to the highest score. */
export function classesInJavaScript(
  scores: Tensor<'float32'>,
  rows: readonly Cell[],
  columns: readonly Cell[],
): LabelImage {
  const [height, width] = [rows.at(-1)!.end, columns.at(-1)!.end];
  const labels = new Uint8Array(height * width);
  const line = allocate('float32', [1, scores.shape[1]!, 1, width]);
  for (const row of rows) {
    for (let y = 0; y < row.shares.length; y++) {
      interpolateScores(scores, [{ ...row, shares: row.shares.subarray(y, y + 1) }], columns, line);
      labels.set(argmax(line).data, (row.start + y) * width);
    }
  }
  return { width, height, data: labels };
}
