import type { Dataset, Sample } from '../datasets/dataset.ts';
import { inputError } from '../errors.ts';
import type { LabelImage } from '../images/image.ts';
import { ConfusionMatrix } from '../metrics/confusion-matrix.ts';
import { type Metrics, metricsOf } from '../metrics/metrics.ts';
import type { Segmenter, Size } from '../predict/segmenter.ts';

export interface EvaluateInput {
  readonly segmenter: Segmenter;
  readonly dataset: Dataset;
  /** The size at which images pass through the network; default: their own. Scoring is at the labels' own size. */
  readonly size?: Size | undefined;
  /** Only this many images, the first ones. */
  readonly limit?: number | undefined;
  /** Called with the prediction of each image, in order, and waited for. */
  readonly onPrediction?: (id: string, sample: Sample, prediction: LabelImage) => void | Promise<void>;
  /** Called after each image. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Segments a split of a data set and scores it: one confusion matrix over all images, at the labels' own size.
 * @throws FcnError when network and data set differ in the number of classes, or an image cannot be loaded.
 */
export async function evaluate(input: EvaluateInput): Promise<Metrics> {
  const { segmenter, dataset, size, onPrediction, onProgress } = input;
  const { numClasses } = segmenter.config;
  if (numClasses !== dataset.classes.length) {
    throw inputError(
      `evaluate: got a network of ${numClasses} classes (${segmenter.config.model}), expected ${dataset.classes.length} as in ` +
        `${dataset.name}; choose weights that were trained for these classes`,
    );
  }
  const total = Math.min(input.limit ?? Number.POSITIVE_INFINITY, dataset.ids.length);
  const matrix = new ConfusionMatrix(numClasses);
  let done = 0;
  for await (const sample of loadAhead(dataset, total)) {
    const prediction = await segmenter.segment(sample.image, size);
    matrix.add(sample.label.data, prediction.data);
    await onPrediction?.(sample.id, sample, prediction);
    onProgress?.(++done, total);
  }
  return metricsOf(matrix, dataset.classes);
}

/** The first `count` samples in order, decoded in the background while the one before is in use. */
async function* loadAhead(dataset: Dataset, count: number): AsyncGenerator<Sample, void, undefined> {
  const inFlight = 3;
  const pending: Promise<Sample>[] = [];
  try {
    for (let next = 0, current = 0; current < count; current++) {
      while (next < count && next < current + inFlight) {
        const sample = dataset.load(next++);
        // Its error is thrown below, when its turn comes; until then it is not an unhandled rejection.
        sample.catch(() => {});
        pending.push(sample);
      }
      yield await pending.shift()!;
    }
  } finally {
    // Whoever stops early may close or delete the data set after this.
    await Promise.allSettled(pending);
  }
}
