import { inputError } from '../../base/errors.ts';
import { prefetch } from '../../data/batches/prefetch.ts';
import type { Dataset, Sample } from '../../data/datasets/dataset.ts';
import type { LabelImage } from '../../data/images/image.ts';
import { rowsOf } from '../../data/images/row-source.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { type ImageScore, Scorer } from '../metrics/scorer.ts';
import { checkPrediction } from '../predict/check-memory.ts';
import { planTiles, type TileSetting } from '../predict/plan-tiles.ts';
import { segmentInTiles } from '../predict/segment-in-tiles.ts';
import type { Segmenter, Size } from '../predict/segmenter.ts';

export interface EvaluateInput {
  readonly segmenter: Segmenter;
  readonly dataset: Dataset;
  /** The size at which images pass through the network; default: their own. Scoring is at the labels' own size. */
  readonly size?: Size | undefined;
  /** Tiles in which images pass through the network that have no `size`; default: `off`. Results do not depend on it. */
  readonly tile?: TileSetting | undefined;
  /** Only this many images, the first ones. */
  readonly limit?: number | undefined;
  /** Called with the prediction of each image, in order, and waited for. */
  readonly onPrediction?: (id: string, sample: Sample, prediction: LabelImage) => void | Promise<void>;
  /** Called with the metrics of each image, in order. */
  readonly onScore?: ((score: ImageScore) => void) | undefined;
  /** Called after each image. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Segments a split of a data set and scores it: one confusion matrix over all images, at the labels' own size.
 * @throws FcnError when network and data set differ in the number of classes, or an image cannot be loaded.
 */
export async function evaluate(input: EvaluateInput): Promise<Metrics> {
  const { segmenter, dataset, size, tile = 'off', onPrediction, onProgress } = input;
  const { numClasses } = segmenter.config;
  if (numClasses !== dataset.classes.length) {
    throw inputError(
      `evaluate: got a network of ${numClasses} classes (${segmenter.config.model}), expected ${dataset.classes.length} as in ` +
        `${dataset.name}; choose weights that were trained for these classes`,
    );
  }
  checkNames(segmenter.config, dataset);
  if (size) checkPrediction(segmenter.config, size);
  const total = Math.min(input.limit ?? Number.POSITIVE_INFINITY, dataset.ids.length);
  const scorer = new Scorer(dataset.classes, input.onScore);
  // One image in the network, the next one ready for it: what else is to be done with an image is done meanwhile.
  const segmentSample = async (index: number) => {
    const sample = await dataset.load(index);
    const { image } = sample;
    const tiles = size ? undefined : planTiles(segmenter.config, image, tile);
    if (!tiles && !size) checkPrediction(segmenter.config, image);
    const prediction = await (tiles
      ? segmentInTiles(segmenter, rowsOf(image), tiles)
      : segmenter.segment(image, size));
    return { sample, prediction };
  };
  let done = 0;
  for await (const { sample, prediction } of prefetch(segmentSample, { from: 0, to: total, ahead: 2 })) {
    scorer.add(sample.id, sample.label, prediction);
    await onPrediction?.(sample.id, sample, prediction);
    onProgress?.(++done, total);
  }
  return scorer.metrics();
}

/** Another order of the same names is scored wrong, class for class; other names may be other words for the same. */
function checkNames({ classes, model }: Segmenter['config'], dataset: Dataset): void {
  const isSame = classes.every((name, index) => name === dataset.classes[index]);
  if (isSame || !classes.every((name) => dataset.classes.includes(name))) return;
  throw inputError(
    `evaluate: got a network of the classes ${classes.join(', ')} (${model}), expected the order of ${dataset.name}: ` +
      `${dataset.classes.join(', ')}; bring the lines of classes.txt into the network's order`,
  );
}
