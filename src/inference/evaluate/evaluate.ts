import { together } from '../../base/mpi/agreement.ts';
import type { Communicator } from '../../base/mpi/communicator.ts';
import { prefetch } from '../../data/batches/prefetch.ts';
import type { Dataset, Sample } from '../../data/datasets/dataset.ts';
import { datasetFor } from '../../data/datasets/for-network.ts';
import { labelsOf } from '../../data/datasets/labelings.ts';
import type { LabelImage } from '../../data/images/image.ts';
import { rowsOf } from '../../data/images/row-source.ts';
import { JointScorer } from '../metrics/joint-scorer.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { ImageScore } from '../metrics/scorer.ts';
import { checkPrediction } from '../predict/check-memory.ts';
import { planTiles, type TileSetting } from '../predict/plan-tiles.ts';
import { segmentInTiles } from '../predict/segment-in-tiles.ts';
import type { Segmenter, Size } from '../predict/segmenter.ts';
import { usualSize } from '../predict/usual-size.ts';
import { matchHeads } from './match-heads.ts';

export interface EvaluateInput {
  readonly segmenter: Segmenter;
  readonly dataset: Dataset;
  /** The size at which images pass through the network; default: their own. Scoring is at the labels' own size. */
  readonly size?: Size | undefined;
  /** Tiles in which images pass through the network that have no `size`; default: `off`. Results do not depend on it. */
  readonly tile?: TileSetting | undefined;
  /** Only this many images, the first ones. */
  readonly limit?: number | undefined;
  /** Processes that share the images: each of them calls `evaluate` with the same, and has the metrics of all images. */
  readonly world?: Communicator | undefined;
  /** Called with the prediction of each image of this process, in order, and waited for: by the first head, and by all of them. */
  readonly onPrediction?: (
    id: string,
    sample: Sample,
    prediction: LabelImage,
    ofHeads: readonly LabelImage[],
  ) => void | Promise<void>;
  /** Called with the metrics of each image of this process, in order. */
  readonly onScore?: ((score: ImageScore) => void) | undefined;
  /** Called after each image, with as many as all processes have segmented by then. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Segments a split of a data set and scores it: one confusion matrix over all images, at the labels' own size. Where both have several
 * labelings, one for each (match-heads.ts).
 * @throws FcnError when network and data set differ in the number of classes, or an image cannot be loaded.
 */
export async function evaluate(input: EvaluateInput): Promise<Metrics> {
  const { segmenter, size, tile = 'off', onPrediction, onProgress, world } = input;
  const { rank, size: ranks } = world ?? { rank: 0, size: 1 };
  const matches = await together(world, async () => matchHeads(segmenter.config, input.dataset));
  const dataset = await datasetFor(input.dataset, segmenter.config.input);
  if (size) checkPrediction(segmenter.config, size);
  const total = Math.min(input.limit ?? Number.POSITIVE_INFINITY, dataset.ids.length);
  const scorer = new JointScorer(matches, input.onScore);
  // One image in the network, the next one ready for it: what else is to be done with an image is done meanwhile.
  const segmentSample = async (index: number) => {
    const sample = await dataset.load(rank + index * ranks);
    const { image } = sample;
    const seen = size ?? usualSize(segmenter.config, image);
    const tiles = seen ? undefined : planTiles(segmenter.config, image, tile);
    if (!tiles && !size) checkPrediction(segmenter.config, seen ?? image);
    const ofHeads = await (tiles
      ? segmentInTiles(segmenter, rowsOf(image), tiles)
      : segmenter.segmentHeads(image, seen));
    return { sample, ofHeads };
  };
  const own = { from: 0, to: Math.ceil((total - rank) / ranks), ahead: 2 };
  const predictions = prefetch(segmentSample, own);
  try {
    // Round by round, so that all processes end soon where one of them has to.
    for (let done = 0; done < total; done += ranks) {
      await together(world, async () => {
        const { value } = await predictions.next();
        if (!value) return; // the last round is not for all
        const { sample, ofHeads } = value;
        const truths = labelsOf(sample);
        scorer.add(
          sample.id,
          matches.map(({ labeling }) => truths[labeling]!),
          matches.map(({ head }) => ofHeads[head]!),
        );
        await onPrediction?.(sample.id, sample, ofHeads[0]!, ofHeads);
        onProgress?.(Math.min(done + ranks, total), total);
      });
    }
  } finally {
    await predictions.return();
  }
  if (world) await scorer.sumOver(world);
  return together(world, async () => scorer.metrics());
}
