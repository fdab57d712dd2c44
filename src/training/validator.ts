import { inputError } from '../base/errors.ts';
import { writeJson } from '../base/files.ts';
import { checkLocks } from '../base/locks/held-locks.ts';
import type { Communicator } from '../base/mpi/communicator.ts';
import type { Tensor } from '../base/tensor.ts';
import type { Dataset } from '../data/datasets/dataset.ts';
import { keepingSamples } from '../data/datasets/keeping-samples.ts';
import { openDevice } from '../engine/devices/native-devices.ts';
import { evaluate } from '../inference/evaluate/evaluate.ts';
import type { Metrics } from '../inference/metrics/metrics.ts';
import { withSegmenter } from '../inference/predict/segmenter.ts';
import { furtherHeads } from '../networks/class-heads.ts';
import type { Model } from '../weights/model.ts';
import { saveModel } from '../weights/model-file.ts';
import { noteNoBest, restoreBest, setBestAside } from './earlier-best.ts';
import { fixedSize } from './recipes.ts';
import type { RunConfig } from './run-config.ts';
import { metricColumns, metricsInColumns, type RunFolder } from './run-folder.ts';

/** Whether a run validates after this iteration. */
function isScheduled(config: Pick<RunConfig, 'validateEvery' | 'iterations'>, iteration: number): boolean {
  if (config.validateEvery === 0 || iteration === 0) return false;
  return isPeriodic(config, iteration) || iteration === config.iterations;
}

/** Whether a validation after this iteration is one of those that every run makes, however long it is. */
function isPeriodic({ validateEvery }: Pick<RunConfig, 'validateEvery'>, iteration: number): boolean {
  return iteration % validateEvery === 0;
}

/** @throws FcnError when there is nothing that could be waited for. */
export function checkPatience({
  patience,
  validateEvery,
}: Pick<RunConfig, 'patience' | 'validateEvery'>): void {
  if (patience === 0 || validateEvery > 0) return;
  throw inputError(
    `--patience: got ${patience} with --validate-every 0, expected a run with validations, because it depends on their mean IoU; ` +
      'leave one of them out',
  );
}

interface Best {
  readonly iteration: number;
  readonly meanIoU: number;
}

export interface Validation {
  readonly metrics: Metrics;
  readonly isBest: boolean;
}

export interface ValidationWatcher {
  /** Asked after each image. */
  readonly shouldStop: () => boolean;
  /** Called after each image. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Scores a network while it learns, and keeps the weights of its best mean IoU. */
export class Validator {
  readonly #run: RunFolder;
  readonly #config: RunConfig;
  readonly #dataset: Dataset | undefined;
  readonly #meanIoUs: Map<number, number>;

  private constructor(
    run: RunFolder,
    config: RunConfig,
    dataset: Dataset | undefined,
    meanIoUs: Map<number, number>,
  ) {
    this.#run = run;
    this.#config = config;
    this.#dataset = dataset;
    this.#meanIoUs = meanIoUs;
  }

  /**
   * Begins val.csv, or goes on with that of an earlier part of the run.
   * @param start the iteration from which the run goes on
   */
  static async create(
    run: RunFolder,
    config: RunConfig,
    dataset: Dataset | undefined,
    start: number,
  ): Promise<Validator> {
    const earlier = await readMeanIoUs(run);
    // A longer run has no validation where the shorter one ended, unless it happens to be due there.
    const isMadeLonger =
      (start < config.iterations || !earlier.has(config.iterations)) && (await restoreBest(run));
    // Weights that are kept as the best have their row, even when the validations are no longer where they were.
    const kept = isMadeLonger ? undefined : bestOf(earlier)?.iteration;
    await run.validations.start((iteration) =>
      isScheduled(config, iteration) ? iteration <= start : iteration === kept,
    );
    return new Validator(run, config, dataset && keepingSamples(dataset), await readMeanIoUs(run));
  }

  /** The first of the highest mean IoUs and its iteration; undefined when nothing was validated. */
  get best(): Best | undefined {
    return bestOf(this.#meanIoUs);
  }

  /** Whether so many validations have brought no better mean IoU that the run is to end. */
  get isOutOfPatience(): boolean {
    const { patience } = this.#config;
    const since = [...this.#meanIoUs.keys()].filter((iteration) => iteration > (this.best?.iteration ?? 0));
    return patience > 0 && since.length >= patience;
  }

  /** Whether the run validates after this iteration, and has not done so. */
  isDue(iteration: number): boolean {
    return (
      this.#dataset !== undefined && isScheduled(this.#config, iteration) && !this.#meanIoUs.has(iteration)
    );
  }

  /**
   * Validates. The row in val.csv comes last: where there is one, all else of the validation is on the disk.
   * @param world processes that share the images
   * @returns undefined when it was asked to stop meanwhile; the validation is then still due
   */
  async validate(
    iteration: number,
    weights: Map<string, Tensor<'float32'>>,
    watcher: ValidationWatcher,
    world?: Communicator,
  ): Promise<Validation | undefined> {
    const network = { config: this.#config.model, weights };
    const metrics = await scoreSplit(network, this.#dataset!, this.#config, { ...watcher, world });
    if (!metrics) return undefined;
    checkLocks();
    const { best } = this;
    const isBest = !best || metrics.meanIoU > best.meanIoU;
    if (isBest) {
      if (!isPeriodic(this.#config, iteration)) await (best ? setBestAside : noteNoBest)(this.#run);
      await saveModel(this.#run.best, network);
      await writeJson(this.#run.bestMetrics, metrics);
    }
    this.#run.validations.append([iteration, ...metricsInColumns(metrics, furtherHeads(this.#config.model))]);
    this.#meanIoUs.set(iteration, metrics.meanIoU);
    return { metrics, isBest };
  }
}

/** The metrics of a network on a validation split, at the size of the run; undefined where it was asked to stop meanwhile. */
export async function scoreSplit(
  network: Model,
  dataset: Dataset,
  { threads, device, valSize }: Pick<RunConfig, 'threads' | 'device' | 'valSize'>,
  {
    shouldStop,
    onProgress: onImage,
    world,
  }: Partial<ValidationWatcher> & { world?: Communicator | undefined },
): Promise<Metrics | undefined> {
  const stopped = new Error('stopped');
  const onProgress = (done: number, total: number) => {
    if (shouldStop?.()) throw stopped;
    onImage?.(done, total);
  };
  try {
    return await withSegmenter(
      network,
      { threads, images: dataset.ids.length },
      (segmenter) => evaluate({ segmenter, dataset, size: fixedSize(valSize), world, onProgress }),
      await openDevice(device),
    );
  } catch (thrown) {
    if (thrown === stopped) return undefined;
    throw thrown;
  }
}

/** Mean IoU by iteration, as val.csv has them. */
async function readMeanIoUs(run: RunFolder): Promise<Map<number, number>> {
  const column = 1 + metricColumns.indexOf('meanIoU');
  return new Map((await run.validations.rows()).map((row) => [Number(row[0]), Number(row[column])]));
}

function bestOf(meanIoUs: ReadonlyMap<number, number>): Best | undefined {
  const scores = [...meanIoUs].map(([iteration, meanIoU]) => ({ iteration, meanIoU }));
  return scores.reduce<Best | undefined>(
    (best, score) => (!best || score.meanIoU > best.meanIoU ? score : best),
    undefined,
  );
}
