import { hasOnlyFinite } from '../../base/tensor.ts';
import { type Batch, meanPixel } from '../../data/batches/batch.ts';
import { loadBatches } from '../../data/batches/loader.ts';
import type { Dataset, Sample } from '../../data/datasets/dataset.ts';
import { ignoreLabel, type LabelImage, type RgbImage } from '../../data/images/image.ts';
import { trainingTransform } from '../../data/transforms/augment.ts';
import type { Runtime } from '../../engine/runtimes/session.ts';
import { type LiveSegmenter, loadSegmenter } from '../../inference/predict/load-segmenter.ts';
import type { ModelConfig } from '../../networks/model-config.ts';
import { Trainer } from '../../training/trainer.ts';
import type { Model } from '../../weights/model.ts';

/** How the network learns. The page asks for few of these; see `defaultSettings`. */
export interface TrainingSettings {
  /** Images of one step. */
  readonly batchSize: number;
  readonly learningRate: number;
  readonly momentum: number;
  readonly weightDecay: number;
  /** Side of the squares that a step sees, in pixels. */
  readonly cropSize: number;
  readonly seed: number;
  readonly threads: number;
}

/**
 * A training that goes step by step: the trainer, loader and transforms of `fcn train`, on samples that may change
 * between steps. Pixels without a label take no part.
 */
export class Training {
  readonly settings: TrainingSettings;
  /** Steps that were made. */
  iteration = 0;
  #model: Model;
  readonly #trainer: Trainer;
  readonly #segmenter: LiveSegmenter;
  #samples: readonly Sample[] = [];
  #batches: AsyncGenerator<Batch> | undefined;

  private constructor(model: Model, settings: TrainingSettings, trainer: Trainer, segmenter: LiveSegmenter) {
    this.#model = model;
    this.settings = settings;
    this.#trainer = trainer;
    this.#segmenter = segmenter;
  }

  /** @param model where to start from; its weights are changed in place. */
  static async create(runtime: Runtime, model: Model, settings: TrainingSettings): Promise<Training> {
    const trainer = await Trainer.create(runtime, model.config, model.weights, {
      ...settings,
      ...{ accumulate: 1, loss: 'mean', dropout: 0 },
    });
    const segmenter = await loadSegmenter(runtime, model, settings);
    return new Training(model, settings, trainer, segmenter);
  }

  /** The network, with its weights where they lie: as they are now on the CPU, as they were read last on a graphics processor. */
  get model(): Model {
    return this.#model;
  }

  /** Gives the classes other names. Their number stays. */
  renameClasses(classes: readonly string[]): void {
    const config: ModelConfig = { ...this.#model.config, classes: [...classes] };
    this.#model = { ...this.#model, config };
  }

  /** What to learn from, as of the next step. */
  setSamples(samples: readonly Sample[]): void {
    this.#samples = samples;
    this.#batches = undefined;
  }

  /** One update of the weights. @returns the loss before it: the mean over the labeled pixels of the batch. */
  async step(): Promise<number> {
    this.#batches ??= this.#loadFrom(this.iteration);
    const { value: batch } = await this.#batches.next();
    const loss = await this.#trainer.step([batch as Batch], this.iteration);
    this.iteration += 1;
    return loss;
  }

  /** Brings the weights to where `model` has them, from the memory of a graphics processor. */
  read(): Promise<void> {
    return this.#trainer.read();
  }

  /** Whether every weight is a number. A loss can be one when the weights are not: ReLU takes NaN for 0. */
  isFinite(): boolean {
    return [...this.#model.weights.values()].every(hasOnlyFinite);
  }

  /** With the weights as they were read last. */
  async segment(image: RgbImage): Promise<LabelImage> {
    await this.#segmenter.refresh();
    return this.#segmenter.segment(image);
  }

  async release(): Promise<void> {
    await this.#trainer.release();
    await this.#segmenter.release();
  }

  #loadFrom(iteration: number): AsyncGenerator<Batch> {
    const { batchSize, cropSize, seed } = this.settings;
    const { input } = this.#model.config;
    const size = { mode: 'crop', height: cropSize, width: cropSize } as const;
    return loadBatches({
      dataset: datasetOf(this.#samples, this.#model.config.classes),
      ...{ from: iteration, to: Number.MAX_SAFE_INTEGER, batchSize, seed, order: 'shuffled', prefetch: 0 },
      transform: trainingTransform(size, ['flip'], meanPixel(input)),
      input,
    });
  }
}

/** Whether there is anything to learn from a sample: a pixel with a label. */
export function isLabeled({ label }: Sample): boolean {
  return label.data.some((value) => value !== ignoreLabel);
}

function datasetOf(all: readonly Sample[], classes: readonly string[]): Dataset {
  const samples = all.filter(isLabeled);
  return {
    name: 'page',
    classes,
    ids: samples.map(({ id }) => id),
    load: async (index) => samples[index]!,
    loadLabel: async (index) => samples[index]!.label,
    imageSource: (index) => samples[index]!.id,
  };
}
