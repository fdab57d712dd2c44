import type { Dataset, Sample } from '../../data/datasets/dataset.ts';
import { datasetFor } from '../../data/datasets/for-network.ts';
import { labelsOf } from '../../data/datasets/labelings.ts';
import { encodePng } from '../../data/images/encode.ts';
import { encodeLabelPng } from '../../data/images/encode-label-png.ts';
import { ignoreLabel, type LabelImage } from '../../data/images/image.ts';
import { vocPalette } from '../../data/images/palette.ts';
import { asPicture } from '../../data/images/picture.ts';
import { createSegmenter, type Segmenter } from '../../inference/predict/segmenter.ts';
import { fixedSize } from '../../training/recipes.ts';
import type { RunConfig } from '../../training/run-config.ts';
import type { Model } from '../../weights/model.ts';
import type { LiveExample, LiveFolder } from './live-folder.ts';

/** Images that a run shows its progress on. */
const exampleCount = 4;
/** Predictions that are kept of each. */
const maxPredictions = 16;
/** The share of the time of a run that predictions may take. */
const share = 0.01;
/** Seconds from one to the next, at least: a person sees no more. */
const minInterval = 2;

/**
 * Predictions of a network while it learns, for people who watch: of a few images that stay the same, one image at a
 * time, by every head. How often depends on how long they take; together they take a hundredth of the time.
 */
export class Snapshots {
  readonly #live: LiveFolder;
  readonly #config: RunConfig;
  readonly #dataset: Dataset;
  /** Kept while somebody watches: loading it would take longer than a prediction. */
  #segmenter: Segmenter | undefined;
  readonly #samples: Sample[] = [];
  #examples: LiveExample[] | undefined;
  #taken = 0;
  /** In milliseconds, as performance.now() counts them. */
  #due = 0;

  /** @param dataset where the images come from; no labels of it are learned from here */
  constructor(live: LiveFolder, config: RunConfig, dataset: Dataset) {
    this.#live = live;
    this.#config = config;
    this.#dataset = dataset;
  }

  /**
   * Predicts one image when somebody watches and the time has come.
   * @param network its weights are read where they lie, at each call as they are then
   * @param read brings them there
   * @throws FcnError when the image cannot be loaded, a score is not a number, or the disk is full.
   */
  async takeIfDue(iteration: number, network: Model, read = async () => {}): Promise<void> {
    const begun = performance.now();
    if (begun < this.#due) return;
    if (!this.#live.isWatched()) return this.release();
    const { threads, valSize } = this.#config;
    const { ids } = this.#dataset;
    const count = Math.min(exampleCount, ids.length);
    const place = this.#taken++ % count;
    const dataset = await datasetFor(this.#dataset, this.#config.model.input);
    const isFirst = this.#segmenter === undefined;
    await read();
    this.#segmenter ??= await createSegmenter(network, { threads });
    const sample = (this.#samples[place] ??= await dataset.load(Math.floor((place * ids.length) / count)));
    const predictions = await this.#segmenter.segmentHeads(sample.image, fixedSize(valSize));
    const truths = labelsOf(sample);
    for (const [i, name] of (network.config.heads?.map((head) => head.name) ?? ['']).entries()) {
      const { id, image } = sample;
      const shown = { id: name ? `${id} (${name})` : id, image, label: truths[i]! };
      await this.#keep(place * predictions.length + i, iteration, shown, predictions[i]!);
    }
    // The first one loads the network, which says nothing about those that follow.
    const took = isFirst ? 0 : performance.now() - begun;
    this.#due = performance.now() + Math.max(1000 * minInterval, took * (1 / share - 1));
  }

  /** Frees the native memory. */
  async release(): Promise<void> {
    const segmenter = this.#segmenter;
    this.#segmenter = undefined;
    await segmenter?.release();
  }

  async #keep(place: number, iteration: number, sample: Sample, prediction: LabelImage): Promise<void> {
    if (!this.#examples) {
      await this.#live.open();
      // A run that goes on from a checkpoint makes later iterations again.
      this.#examples = (await this.#live.examples()).map((example) => ({
        ...example,
        predictions: example.predictions.filter((earlier) => earlier.iteration < iteration),
      }));
    }
    const before = this.#examples[place];
    const example = before?.id === sample.id ? before : await this.#begin(place, sample);
    const file = `${place}-${iteration}.png`;
    await this.#live.writePicture(file, encodeLabelPng(prediction, vocPalette()));
    const pixelAccuracy = accuracyOf(sample.label, prediction);
    const { kept, dropped } = thinOut([...example.predictions, { iteration, file, pixelAccuracy }]);
    this.#examples[place] = { ...example, predictions: kept };
    await this.#live.writeExamples(this.#examples);
    for (const { file } of dropped) await this.#live.removePicture(file);
  }

  async #begin(place: number, { id, image, label }: Sample): Promise<LiveExample> {
    const { width, height } = image;
    const example = { id, width, height, image: `${place}-image.png`, truth: `${place}-truth.png` };
    await this.#live.writePicture(example.image, await encodePng(asPicture(image)));
    await this.#live.writePicture(example.truth, encodeLabelPng(label, vocPalette()));
    return { ...example, predictions: [] };
  }
}

/** Of too many, every second one: what is kept spans the whole run however long it gets. The last one stays. */
export function thinOut<T>(all: readonly T[]): { kept: T[]; dropped: T[] } {
  const isKept = (i: number) => all.length <= maxPredictions || i % 2 === 0 || i === all.length - 1;
  return { kept: all.filter((_, i) => isKept(i)), dropped: all.filter((_, i) => !isKept(i)) };
}

/** Share of the valid pixels that are right; null where there are none. */
function accuracyOf(truth: LabelImage, prediction: LabelImage): number | null {
  let valid = 0;
  let right = 0;
  truth.data.forEach((label, pixel) => {
    if (label === ignoreLabel) return;
    valid += 1;
    if (prediction.data[pixel] === label) right += 1;
  });
  return valid > 0 ? right / valid : null;
}
