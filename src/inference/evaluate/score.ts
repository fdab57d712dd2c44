import path from 'node:path';
import { inputError, reasonOf } from '../../base/errors.ts';
import type { Dataset } from '../../data/datasets/dataset.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { type ImageScore, Scorer } from '../metrics/scorer.ts';
import { readPrediction } from './prediction-png.ts';

export interface ScoreInput {
  dataset: Dataset;
  /** Folder that holds ID.png for every id of the data set. */
  predictions: string;
  /** Called with the metrics of each image, in order. */
  onScore?: ((score: ImageScore) => void) | undefined;
  /** Called after each image. */
  onProgress?: (done: number, total: number) => void;
}

/**
 * Scores segmentations that are already on the disk against a data set's labels.
 * @throws FcnError naming the file when a prediction is missing, damaged, of another size than its label, or holds a
 *   value that is no class where the label is not void.
 */
export async function scorePredictions({
  dataset,
  predictions,
  onScore,
  onProgress,
}: ScoreInput): Promise<Metrics> {
  const scorer = new Scorer(dataset.classes, onScore);
  for (const [index, id] of dataset.ids.entries()) {
    const truth = await dataset.loadLabel(index);
    const file = path.join(predictions, `${id}.png`);
    const prediction = await readPrediction(file, dataset);
    if (prediction.width !== truth.width || prediction.height !== truth.height) {
      throw inputError(
        `prediction ${file}: got ${prediction.width}x${prediction.height} pixels, expected ${truth.width}x${truth.height} ` +
          'like its label; save predictions at the original size',
      );
    }
    try {
      scorer.add(id, truth, prediction);
    } catch (thrown) {
      throw inputError(`cannot score ${file}: ${reasonOf(thrown)}`, thrown);
    }
    onProgress?.(index + 1, dataset.ids.length);
  }
  return scorer.metrics();
}
