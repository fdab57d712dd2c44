import path from 'node:path';
import { type FcnError, inputError, reasonOf } from '../../base/errors.ts';
import { isMissing } from '../../base/look.ts';
import { sizeError } from '../../data/datasets/check-label.ts';
import type { Dataset } from '../../data/datasets/dataset.ts';
import { uprightSize } from '../../data/datasets/formats/image-size.ts';
import { labelingsOf } from '../../data/datasets/labelings.ts';
import type { LabelImage } from '../../data/images/image.ts';
import { JointScorer } from '../metrics/joint-scorer.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { ImageScore } from '../metrics/scorer.ts';
import type { Size } from '../predict/segmenter.ts';
import { readPrediction } from './prediction-png.ts';

export interface ScoreInput {
  dataset: Dataset;
  /** Folder that holds ID.png for every id of the data set, and ID.NAME.png for each further labeling. */
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
  const labelings = labelingsOf(dataset);
  checkPredictions(dataset, predictions);
  const scorer = new JointScorer(labelings, onScore);
  for (const [index, id] of dataset.ids.entries()) {
    const pairs = await Promise.all(
      labelings.map(async ({ classes }, labeling) => {
        const truth = await dataset.loadLabel(index, labeling);
        const file = path.join(predictions, predictionOf(id, dataset, labeling));
        const prediction = await readPrediction(file, { ...dataset, classes });
        if (!areAsLarge(truth, prediction))
          throw await otherSize(dataset, index, { file, truth, prediction });
        return { file, truth, prediction };
      }),
    );
    const [truths, predicted] = [pairs.map(({ truth }) => truth), pairs.map(({ prediction }) => prediction)];
    try {
      scorer.add(id, truths, predicted);
    } catch (thrown) {
      const files = pairs.map(({ file }) => file).join(' and ');
      throw inputError(`cannot score ${files}: ${reasonOf(thrown)}`, thrown);
    }
    onProgress?.(index + 1, dataset.ids.length);
  }
  return scorer.metrics();
}

/** @throws FcnError when predictions are missing: how many, and the first of them, before any is read */
function checkPredictions(dataset: Dataset, folder: string): void {
  const files = predictionFiles(dataset, folder);
  const missing = files.filter(isMissing);
  if (missing.length === 0) return;
  const first = missing.slice(0, 3).join(', ') + (missing.length > 3 ? ', ...' : '');
  throw inputError(
    `predictions ${folder}: got ${files.length - missing.length} of ${files.length}, expected a PNG file for each image of ` +
      `the split; ${first} ${missing.length === 1 ? 'is' : 'are'} missing: predict the rest, or choose another --split`,
  );
}

/** The files of all predictions in a folder: of each image, one for each labeling. */
export function predictionFiles(dataset: Dataset, folder: string): string[] {
  return dataset.ids.flatMap((id) =>
    labelingsOf(dataset).map((_, labeling) => path.join(folder, predictionOf(id, dataset, labeling))),
  );
}

/** The name of the file of an image's prediction in a labeling. */
function predictionOf(id: string, dataset: Pick<Dataset, 'classes' | 'labelings'>, labeling: number): string {
  return labeling === 0 ? `${id}.png` : `${id}.${labelingsOf(dataset)[labeling]!.name}.png`;
}

function areAsLarge(one: Size, other: Size): boolean {
  return one.width === other.width && one.height === other.height;
}

/** A prediction that covers its photo is not to blame where the label does not. */
async function otherSize(
  dataset: Dataset,
  index: number,
  { file, truth, prediction }: { file: string; truth: LabelImage; prediction: LabelImage },
): Promise<FcnError> {
  const source = dataset.imageSource(index);
  const image = await uprightSize(source).catch(() => undefined); // made, or inside of another file
  if (image && areAsLarge(image, prediction)) {
    const labels = dataset.labelFiles?.(index).join(' or ') || `of '${dataset.ids[index]}'`;
    return sizeError(image, source, truth, labels);
  }
  return inputError(
    `prediction ${file}: got ${prediction.width}x${prediction.height} pixels, expected ${truth.width}x${truth.height} ` +
      'like its label; save predictions at the original size',
  );
}
