import * as z from 'zod';
import type { Dataset } from '../data/datasets/dataset.ts';
import {
  resolutionBounds as boundsOf,
  type ResolutionBound,
} from '../inference/evaluate/resolution-bounds.ts';
import { type ScoreInput, scorePredictions as score } from '../inference/evaluate/score.ts';
import type { Metrics } from '../inference/metrics/metrics.ts';
import { checkSettings } from './settings/check-settings.ts';
import * as common from './settings/common.ts';

const scoreSchema = z.strictObject({
  dataset: common.dataset,
  predictions: common.file,
  onScore: common.listener<NonNullable<ScoreInput['onScore']>>(),
  onProgress: common.listener<NonNullable<ScoreInput['onProgress']>>(),
});

const listener = common.listener<(done: number) => void>();

/**
 * Scores segmentations that are already on the disk against a data set's labels, as `fcn score` does.
 * @throws FcnError when a setting cannot be used; naming the file when a prediction is missing, damaged, of another size than its
 *   label, or holds a value that is no class where the label is not void.
 */
export async function scorePredictions(settings: ScoreInput): Promise<Metrics> {
  return score(checkSettings(scoreSchema, settings, 'scorePredictions'));
}

/**
 * About the best mean IoU that predictions of a coarser resolution can have, as `fcn data bounds` prints it.
 * @param onLabel called after each label with the number of labels done
 * @throws FcnError of the first label that cannot be loaded, or where all labels are void
 */
export async function resolutionBounds(
  dataset: Dataset,
  onLabel?: (done: number) => void,
): Promise<ResolutionBound[]> {
  const checked = checkSettings(common.dataset, dataset, 'resolutionBounds');
  return boundsOf(checked, checkSettings(listener, onLabel, 'resolutionBounds'));
}
