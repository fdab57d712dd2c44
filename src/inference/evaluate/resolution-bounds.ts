import type { Dataset } from '../../data/datasets/dataset.ts';
import { ignoreLabel, type LabelImage } from '../../data/images/image.ts';
import { ConfusionMatrix } from '../metrics/confusion-matrix.ts';
import { metricsOf } from '../metrics/metrics.ts';

/** The factors of Long et al. 2015, appendix A. */
const factors = [128, 64, 32, 16, 8, 4] as const;

export interface ResolutionBound {
  readonly factor: number;
  /** A fraction from 0 to 1. */
  readonly meanIoU: number;
}

/**
 * About the best mean IoU that predictions of a coarser resolution can have: the labels themselves, downsampled by a
 * factor and upsampled again (Long et al. 2015, appendix A, which does not say how they are resampled).
 * @param onLabel called after each label with the number of labels done
 * @throws FcnError of the first label that cannot be loaded, or where all labels are void
 */
export async function resolutionBounds(
  dataset: Dataset,
  onLabel: (done: number) => void = () => {},
): Promise<ResolutionBound[]> {
  const matrices = factors.map((factor) => ({ factor, matrix: new ConfusionMatrix(dataset.classes.length) }));
  for (const index of dataset.ids.keys()) {
    const label = await dataset.loadLabel(index);
    for (const { factor, matrix } of matrices) matrix.add(label.data, coarsen(label, factor).data);
    onLabel(index + 1);
  }
  return matrices.map(({ factor, matrix }) => ({
    factor,
    meanIoU: metricsOf(matrix, dataset.classes).meanIoU,
  }));
}

/**
 * In every cell of factor x factor pixels, from the top left, the class that most of its labeled pixels have (the lowest
 * of several; 0 where all are void): of all predictions that are constant on the cells, one with most pixels right.
 */
export function coarsen({ width, height, data }: LabelImage, factor: number): LabelImage {
  const coarse = new Uint8Array(data.length);
  const pixels = new Uint32Array(
    1 + data.reduce((most, label) => (label === ignoreLabel ? most : Math.max(most, label)), 0),
  );
  for (let top = 0; top < height; top += factor) {
    for (let left = 0; left < width; left += factor) {
      const bottom = Math.min(height, top + factor);
      const right = Math.min(width, left + factor);
      pixels.fill(0);
      for (let y = top; y < bottom; y++) {
        for (let x = left; x < right; x++) {
          const label = data[y * width + x]!;
          if (label !== ignoreLabel) pixels[label]!++;
        }
      }
      const most = pixels.indexOf(Math.max(...pixels));
      for (let y = top; y < bottom; y++) coarse.fill(most, y * width + left, y * width + right);
    }
  }
  return { width, height, data: coarse };
}
