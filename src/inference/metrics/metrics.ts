import { inputError } from '../../base/errors.ts';
import type { BoundaryCounts } from './boundary-counts.ts';
import type { ConfusionMatrix } from './confusion-matrix.ts';

/** Score of one class; fractions from 0 to 1. */
export interface ClassMetrics {
  name: string;
  /** Intersection over union; null when the class occurs neither in the truth nor in the predictions. */
  iou: number | null;
  /** Fraction of the class's true pixels that were found; null when it has none. */
  accuracy: number | null;
  /** True pixels of the class. */
  pixels: number;
  /** The same as accuracy, by the name that detection has for it. */
  recall: number | null;
  /** Fraction of the pixels predicted as the class that are right; null when there are none. */
  precision: number | null;
  /** Dice coefficient, or F1: twice the intersection over the sum of both; null where the IoU is. */
  dice: number | null;
  /** Boundary IoU; null where the class has no boundary. Not there where only a confusion matrix was. */
  boundaryIoU?: number | null;
}

/** What `evaluate` and `score` write as JSON; fractions from 0 to 1. */
export interface Metrics {
  images: number;
  /** Pixels scored: all that are not ignored. */
  pixels: number;
  pixelAccuracy: number;
  meanAccuracy: number;
  meanIoU: number;
  /** Frequency weighted IoU. */
  fwIoU: number;
  /** Mean of the classes' Dice coefficients. */
  meanDice: number;
  /** Mean of the classes' Boundary IoU. Not there where only a confusion matrix was. */
  meanBoundaryIoU?: number;
  classes: ClassMetrics[];
  /** `confusionMatrix[i][j]`: pixels of class i predicted as class j. */
  confusionMatrix: number[][];
  /** Of a network with several heads: the metrics of each by its name, the first of which all of the above is. */
  heads?: Record<string, Metrics>;
}

/**
 * The four metrics of Long et al. 2015, section 5. With t_i = sum_j n_ij the true pixels of class i:
 *
 *   pixel accuracy  sum_i n_ii / sum_i t_i
 *   mean accuracy   mean_i n_ii / t_i
 *   mean IoU        mean_i n_ii / (t_i + sum_j n_ji - n_ii)
 *   fw IoU          sum_i t_i IoU_i / sum_i t_i
 *
 * and with p_i = sum_j n_ji the pixels predicted as class i, precision n_ii / p_i and Dice 2 n_ii / (t_i + p_i).
 *
 * Means are over the classes for which the quotient exists: a class that occurs nowhere is left out; a class that was
 * only predicted has IoU 0 and no accuracy.
 * @throws FcnError when no pixel was counted.
 */
export function metricsOf(
  matrix: ConfusionMatrix,
  classNames: readonly string[],
  boundaries?: BoundaryCounts,
): Metrics {
  const { numClasses, counts } = matrix;
  if (classNames.length !== numClasses) {
    throw new RangeError(`metricsOf: got ${classNames.length} class names, expected ${numClasses}`);
  }
  const rows = Array.from({ length: numClasses }, (_, i) =>
    Array.from(counts.subarray(i * numClasses, (i + 1) * numClasses)),
  );
  const classes = classNames.map((name, i): ClassMetrics => {
    const found = rows[i]![i]!;
    const pixels = sum(rows[i]!);
    const predicted = sum(rows.map((row) => row[i]!));
    const accuracy = quotient(found, pixels);
    return {
      name,
      iou: quotient(found, pixels + predicted - found),
      accuracy,
      pixels,
      recall: accuracy,
      precision: quotient(found, predicted),
      dice: quotient(2 * found, pixels + predicted),
      ...(boundaries && { boundaryIoU: boundaries.iou(i) }),
    };
  });
  const pixels = sum(classes.map((c) => c.pixels));
  if (pixels === 0) {
    throw inputError(
      `metrics: got no labeled pixel in ${matrix.images} images, expected at least one; check the labels`,
    );
  }
  return {
    images: matrix.images,
    pixels,
    pixelAccuracy: sum(rows.map((row, i) => row[i]!)) / pixels,
    meanAccuracy: mean(classes.map((c) => c.accuracy)),
    meanIoU: mean(classes.map((c) => c.iou)),
    fwIoU: sum(classes.map((c) => c.pixels * (c.iou ?? 0))) / pixels,
    meanDice: mean(classes.map((c) => c.dice)),
    ...(boundaries && { meanBoundaryIoU: mean(classes.map((c) => c.boundaryIoU ?? null)) }),
    classes,
    confusionMatrix: rows,
  };
}

/** Null where there is nothing to divide by. */
function quotient(part: number, whole: number): number | null {
  return whole > 0 ? part / whole : null;
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function mean(values: (number | null)[]): number {
  const present = values.filter((value) => value !== null);
  return sum(present) / present.length;
}
