import type { Dataset } from '../datasets/dataset.ts';
import { evaluate } from '../evaluate/evaluate.ts';
import { writeJson } from '../files.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { withSegmenter } from '../predict/segmenter.ts';
import type { Tensor } from '../tensor.ts';
import { saveModel } from '../weights/model-file.ts';
import { fixedSize } from './recipes.ts';
import type { RunConfig } from './run-config.ts';
import { metricColumns, type RunFolder } from './run-folder.ts';

/** Whether a run validates after this iteration. */
export function isScheduled(
  { validateEvery, iterations }: Pick<RunConfig, 'validateEvery' | 'iterations'>,
  iteration: number,
): boolean {
  if (validateEvery === 0 || iteration === 0) return false;
  return iteration % validateEvery === 0 || iteration === iterations;
}

export interface Validation {
  readonly metrics: Metrics;
  readonly isBest: boolean;
}

/** Scores a network while it learns, and keeps the weights of its best mean IoU. */
export class Validator {
  readonly #run: RunFolder;
  readonly #config: RunConfig;
  readonly #dataset: Dataset | undefined;
  readonly #weights: Map<string, Tensor<'float32'>>;
  readonly #meanIoUs: Map<number, number>;

  private constructor(
    run: RunFolder,
    config: RunConfig,
    dataset: Dataset | undefined,
    weights: Map<string, Tensor<'float32'>>,
    meanIoUs: Map<number, number>,
  ) {
    this.#run = run;
    this.#config = config;
    this.#dataset = dataset;
    this.#weights = weights;
    this.#meanIoUs = meanIoUs;
  }

  /** @param weights as they are at each validation */
  static async create(
    run: RunFolder,
    config: RunConfig,
    dataset: Dataset | undefined,
    weights: Map<string, Tensor<'float32'>>,
  ): Promise<Validator> {
    const column = 1 + metricColumns.indexOf('meanIoU');
    const rows = await run.validations.rows();
    const meanIoUs = new Map(rows.map((row) => [Number(row[0]), Number(row[column])]));
    return new Validator(run, config, dataset, weights, meanIoUs);
  }

  /** The first of the highest mean IoUs and its iteration; undefined when nothing was validated. */
  get best(): { iteration: number; meanIoU: number } | undefined {
    const scores = [...this.#meanIoUs].map(([iteration, meanIoU]) => ({ iteration, meanIoU }));
    return scores.reduce<(typeof scores)[0] | undefined>(
      (best, score) => (!best || score.meanIoU > best.meanIoU ? score : best),
      undefined,
    );
  }

  /** Whether the run validates after this iteration, and has not done so. */
  isDue(iteration: number): boolean {
    return (
      this.#dataset !== undefined && isScheduled(this.#config, iteration) && !this.#meanIoUs.has(iteration)
    );
  }

  /**
   * Validates. The row in val.csv comes last: where there is one, all else of the validation is on the disk.
   * @returns undefined when it was asked to stop meanwhile; the validation is then still due
   */
  async validate(iteration: number, shouldStop: () => boolean): Promise<Validation | undefined> {
    const metrics = await this.#evaluate(shouldStop);
    if (!metrics) return undefined;
    const { best } = this;
    const isBest = !best || metrics.meanIoU > best.meanIoU;
    if (isBest) {
      await saveModel(this.#run.best, { config: this.#config.model, weights: this.#weights });
      await writeJson(this.#run.bestMetrics, metrics);
    }
    this.#run.validations.append([iteration, ...metricColumns.map((name) => metrics[name])]);
    this.#meanIoUs.set(iteration, metrics.meanIoU);
    return { metrics, isBest };
  }

  async #evaluate(shouldStop: () => boolean): Promise<Metrics | undefined> {
    const { model, threads, valSize } = this.#config;
    const network = { config: model, weights: this.#weights };
    const dataset = this.#dataset!;
    const stopped = new Error('stopped');
    const onProgress = () => {
      if (shouldStop()) throw stopped;
    };
    try {
      return await withSegmenter(network, { threads }, (segmenter) =>
        evaluate({ segmenter, dataset, size: fixedSize(valSize), onProgress }),
      );
    } catch (thrown) {
      if (thrown === stopped) return undefined;
      throw thrown;
    }
  }
}
