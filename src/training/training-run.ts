import { existsSync } from 'node:fs';
import { type FcnError, inputError } from '../base/errors.ts';
import { makeFolder, removeFile, writeJson } from '../base/files.ts';
import { hasOnlyFinite } from '../base/tensor.ts';
import type { Batch } from '../data/batches/batch.ts';
import { createSampler } from '../data/batches/sampler.ts';
import { NotANumberError } from '../inference/predict/argmax.ts';
import { parametersOf } from '../networks/parameters.ts';
import type { Model } from '../weights/model.ts';
import { saveModel } from '../weights/model-file.ts';
import { type Checkpoint, loadCheckpoint, saveCheckpoint } from './checkpoint.ts';
import { startTrainer } from './create-trainer.ts';
import type { CsvLog } from './csv-log.ts';
import { learningRateAt } from './learning-rate.ts';
import { loadMicroBatches, ownBatches } from './micro-batches.ts';
import { RunCost } from './run-cost.ts';
import { diverged, isOfDevice, lostDevice } from './run-failures.ts';
import type { RunSummary } from './run-folder.ts';
import type { TrainOptions, TrainResult } from './train-options.ts';
import type { Trainer } from './trainer.ts';
import { Validator } from './validator.ts';

/** A run that goes on: the network that learns, where it is, and what it leaves in its folder. */
export class TrainingRun {
  readonly #options: TrainOptions;
  readonly #trainer: Trainer;
  readonly #validator: Validator;
  readonly #microBatches: AsyncGenerator<Batch, void, undefined>;
  readonly #cost: RunCost;
  #iteration: number;
  /** The iteration of the newest checkpoint. */
  #saved: number | undefined;
  readonly #indexOf: (sample: number) => number;
  readonly #lost = (thrown: unknown): never => {
    const { device } = this.#options.config;
    throw isOfDevice(thrown, device) ? lostDevice(device, this.#iteration, this.#saved, thrown) : thrown;
  };
  /** The images of the last iteration, for messages. */
  #ids: readonly string[] = [];

  private constructor(
    options: TrainOptions,
    checkpoint: Checkpoint | undefined,
    trainer: Trainer,
    validator: Validator,
  ) {
    this.#options = options;
    this.#trainer = trainer;
    this.#validator = validator;
    this.#iteration = checkpoint?.iteration ?? 0;
    this.#saved = checkpoint?.iteration;
    this.#microBatches = loadMicroBatches(options, this.#iteration, options.leader?.world);
    this.#cost = new RunCost(checkpoint);
    const { trainSet, config } = options;
    this.#indexOf = createSampler(trainSet.ids.length, config.seed, config.order);
  }

  /** Continues from the newest checkpoint that is whole, if there is one: the logs are cut back to it. */
  static async start(options: TrainOptions): Promise<TrainingRun> {
    const { run, config, valSet, events, leader } = options;
    if (leader && config.device !== 'cpu') {
      throw inputError(
        `--device: got ${config.device} with several processes, expected cpu, because their gradients are added up there`,
      );
    }
    await makeFolder(run.checkpoints);
    await run.removeAbandoned();
    const checkpoint = await loadCheckpoint(run, parametersOf(config.model), config, events?.onDamaged);
    const start = checkpoint?.iteration ?? 0;
    await run.log.start((iteration) => iteration <= start, start);
    if (checkpoint) events?.onResume?.(start);

    const validator = await Validator.create(run, config, valSet, start);
    const trainer = await startTrainer(config, options.weights, checkpoint);
    await leader?.begin(config, trainer, start);
    // What it says is no longer so.
    if (start < config.iterations || validator.isDue(start)) await removeFile(run.summary);
    return new TrainingRun(options, checkpoint, trainer, validator);
  }

  /** Updates that were made. */
  get iteration(): number {
    return this.#iteration;
  }

  get isAtEnd(): boolean {
    return this.#iteration >= this.#options.config.iterations;
  }

  /** Whether the run ends before all iterations, as mean IoU does not get better any more. */
  get isOutOfPatience(): boolean {
    return !this.isAtEnd && this.#validator.isOutOfPatience;
  }

  get isAskedToStop(): boolean {
    const { shouldStop, leader } = this.#options;
    return (shouldStop?.() || leader?.isAskedToStop) ?? false;
  }

  get isCheckpointDue(): boolean {
    const { checkpointEvery } = this.#options.config;
    return this.isAtEnd || (checkpointEvery > 0 && this.#iteration % checkpointEvery === 0);
  }

  /** The network as it would be saved. */
  get network(): Model {
    return { config: this.#options.config.model, weights: this.#trainer.result };
  }

  /** Brings the weights to where `network` has them, from the memory of a graphics processor. */
  async read(): Promise<void> {
    await this.#trainer.read().catch(this.#lost);
  }

  /** One update of the weights, and its row in the log. */
  async step(): Promise<void> {
    const { run, config, trainSet, events } = this.#options;
    const { accumulate, batchSize } = config;
    await this.keepLogs().catch((thrown) => this.#saveBeforeEnd(thrown));
    const learningRate = learningRateAt(config, this.#iteration);
    const loss = await this.#update();
    this.#ids = this.#idsOf(this.#iteration);
    this.#iteration += 1;
    if (!Number.isFinite(loss)) throw this.#diverged(`the loss is ${loss}`);

    const iteration = this.#iteration;
    const epoch = Math.ceil((iteration * accumulate * batchSize) / trainSet.ids.length);
    const { elapsedSeconds } = this.#cost;
    const ids = this.#ids.join(' ');
    run.log.append([iteration, epoch, loss, learningRate, elapsedSeconds.toFixed(3), ids]);
    events?.onIteration?.({ iteration, epoch, loss, elapsedSeconds });
  }

  /** Writes a checkpoint, unless there is one of this iteration. */
  async save(): Promise<void> {
    const iteration = this.#iteration;
    if (this.#saved === iteration) return;
    await this.read();
    this.#checkFinite();
    await this.#options.leader?.align(this.#trainer, iteration);
    const { elapsedSeconds, peakMemoryBytes } = this.#cost;
    const { weights, kinds } = this.#trainer.state;
    await saveCheckpoint(this.#options.run, { iteration, elapsedSeconds, peakMemoryBytes, weights, kinds });
    this.#saved = iteration;
  }

  async validateIfDue(): Promise<void> {
    const iteration = this.#iteration;
    if (!this.#validator.isDue(iteration)) return;
    await this.read();
    this.#checkFinite();
    const { events, leader } = this.#options;
    const watcher = { shouldStop: () => this.isAskedToStop, onProgress: events?.onValidating };
    await leader?.align(this.#trainer, iteration);
    await leader?.announceValidation(iteration);
    const validation = await this.#validator
      .validate(iteration, this.#trainer.result, watcher, leader?.world)
      .catch((thrown) => {
        if (thrown instanceof NotANumberError) throw this.#diverged('validation scores are NaN');
        return this.#saveBeforeEnd(thrown);
      });
    if (validation) events?.onValidation?.({ iteration, ...validation });
  }

  /** Ends the loading of batches and frees the native memory. */
  async release(): Promise<void> {
    for (const log of this.#logs) log.close();
    await this.#microBatches.return();
    await this.#trainer.release();
  }

  /** Writes what the run came to. */
  async finish(): Promise<TrainResult> {
    const { run, config } = this.#options;
    const { best } = this.#validator;
    const iteration = this.#iteration;
    await saveModel(run.last, this.network);
    // Nothing was validated: the last weights are the best that are known.
    if (!best) await saveModel(run.best, this.network);
    const outOfPatience = this.isOutOfPatience;
    const finished = outOfPatience || (iteration === config.iterations && !this.#validator.isDue(iteration));
    if (finished && !existsSync(run.summary)) {
      const { elapsedSeconds: seconds, peakMemoryBytes } = this.#cost;
      const made = { iterations: iteration, ...(outOfPatience && { outOfPatience }) };
      const summary = { ...made, seconds, peakMemoryBytes, best: best ?? null };
      await writeJson(run.summary, summary satisfies RunSummary);
    }
    return { iteration, best, finished, outOfPatience };
  }

  /** @returns the loss before the update */
  async #update(): Promise<number> {
    const { config, leader } = this.#options;
    const save = (thrown: unknown) => this.#saveBeforeEnd(thrown);
    const take = () => ownBatches(this.#microBatches, config, leader?.world);
    if (leader) return leader.update(this.#trainer, this.#iteration, take).catch(save);
    const batches = await take().catch(save);
    return this.#trainer.step(batches, this.#iteration).catch(this.#lost);
  }

  /** The images of an update. */
  #idsOf(iteration: number): string[] {
    const { trainSet, config } = this.#options;
    const { batchSize, accumulate } = config;
    const each = batchSize * accumulate;
    return Array.from({ length: each }, (_, i) => trainSet.ids[this.#indexOf(iteration * each + i)]!);
  }

  /** Rows are added to files of which nobody else takes the names away. */
  async keepLogs(): Promise<void> {
    for (const log of this.#logs) {
      if (!log.bringBack()) continue;
      const what = `${log.file} was removed during the run; it has been written again with all its rows`;
      this.#options.events?.onDamaged?.(what);
    }
  }

  get #logs(): CsvLog[] {
    const { run } = this.#options;
    return [run.log, run.validations];
  }

  /** A sample that cannot be loaded ends the run, but does not cost what was learned since the last checkpoint. */
  async #saveBeforeEnd(thrown: unknown): Promise<never> {
    if (this.#iteration > 0) await this.save().catch(() => undefined); // why it failed matters more
    throw thrown;
  }

  /** A loss can be finite when the weights are not: ReLU takes NaN for 0. Such weights are neither kept nor scored. */
  #checkFinite(): void {
    const { weights, kinds } = this.#trainer.state;
    const all = [weights, ...kinds.values()].flatMap((tensors) => [...tensors]);
    const broken = all.find(([, tensor]) => !hasOnlyFinite(tensor));
    if (broken) throw this.#diverged(`${broken[0]} has values that are not finite`);
  }

  #diverged(what: string): FcnError {
    return diverged(what, this.#iteration, this.#ids);
  }
}
