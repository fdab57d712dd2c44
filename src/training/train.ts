import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { type FcnError, failure } from '../base/errors.ts';
import { makeFolder, removeTemporaryFiles, writeJson } from '../base/files.ts';
import { hasOnlyFinite, type Tensor } from '../base/tensor.ts';
import { type Batch, meanColor } from '../data/batches/batch.ts';
import { loadBatches } from '../data/batches/loader.ts';
import type { Dataset } from '../data/datasets/dataset.ts';
import { trainingTransform } from '../data/transforms/augment.ts';
import { nativeRuntime } from '../engine/runtimes/native/native-runtime.ts';
import type { Metrics } from '../inference/metrics/metrics.ts';
import { NotANumberError } from '../inference/predict/argmax.ts';
import { parametersOf } from '../networks/parameters.ts';
import type { Model } from '../weights/model.ts';
import { saveModel } from '../weights/model-file.ts';
import { loadCheckpoint, saveCheckpoint } from './checkpoint.ts';
import { learningRateAt } from './learning-rate.ts';
import type { RunConfig } from './run-config.ts';
import type { RunFolder, RunSummary } from './run-folder.ts';
import { Trainer } from './trainer.ts';
import { Validator } from './validator.ts';

export interface TrainOptions {
  readonly run: RunFolder;
  readonly config: RunConfig;
  readonly trainSet: Dataset;
  /** Needed when config.validateEvery is not 0. */
  readonly valSet?: Dataset;
  /** The weights to start from; a checkpoint of the run takes precedence. Changed in place. */
  readonly weights: Map<string, Tensor<'float32'>>;
  readonly events?: TrainEvents;
  /** Asked after every iteration and between the images of a validation: true ends the run, with a checkpoint. */
  readonly shouldStop?: () => boolean;
  /** Called and waited for between iterations, with the network as it would be saved; it must not change the weights. */
  readonly onPause?: (iteration: number, network: Model) => Promise<void>;
}

export interface TrainEvents {
  onResume?(iteration: number): void;
  onIteration?(progress: { iteration: number; epoch: number; loss: number; elapsedSeconds: number }): void;
  /** After each image of a validation. */
  onValidating?(done: number, total: number): void;
  onValidation?(progress: { iteration: number; metrics: Metrics; isBest: boolean }): void;
}

export interface TrainResult {
  readonly iteration: number;
  /** The best mean IoU on the validation split so far, and its iteration; undefined when nothing was validated. */
  readonly best: { iteration: number; meanIoU: number } | undefined;
  /** False when the run was stopped before its end. */
  readonly finished: boolean;
}

/** Trains a network end to end, pixels to pixels; continues from the run folder's newest checkpoint if it has one. */
export async function train(options: TrainOptions): Promise<TrainResult> {
  const { run, config, trainSet, valSet, events = {}, shouldStop = () => false, onPause } = options;
  const { model, iterations, accumulate, checkpointEvery } = config;

  await makeFolder(run.checkpoints);
  for (const folder of [run.folder, run.checkpoints]) await removeTemporaryFiles(folder);
  const checkpoint = await loadCheckpoint(run, parametersOf(model), config);
  const weights = new Map(checkpoint?.weights ?? options.weights);
  const start = checkpoint?.iteration ?? 0;
  await run.log.start((iteration) => iteration <= start);
  if (checkpoint) events.onResume?.(start);

  const validator = await Validator.create(run, config, valSet, start);
  const rateAt = (update: number) => learningRateAt(config, update);
  const trainer = await Trainer.create(nativeRuntime, model, weights, { ...config, learningRate: rateAt });
  const { kinds } = trainer.state;
  for (const [kind, tensors] of checkpoint?.kinds ?? []) {
    for (const [name, { data }] of tensors) kinds.get(kind)!.get(name)!.data.set(data);
  }
  // What it says is no longer so.
  if (start < iterations || validator.isDue(start)) await rm(run.summary, { force: true });
  const microBatches = loadBatches({
    dataset: trainSet,
    from: start * accumulate,
    to: iterations * accumulate,
    batchSize: config.batchSize,
    seed: config.seed,
    order: config.order,
    transform: trainingTransform(config.trainSize, config.augment, meanColor(model.input)),
    input: model.input,
  });

  const clockStart = performance.now() - 1000 * (checkpoint?.elapsedSeconds ?? 0);
  const elapsedSeconds = () => (performance.now() - clockStart) / 1000;
  const peakMemoryBytes = () => {
    return Math.max(checkpoint?.peakMemoryBytes ?? 0, 1024 * process.resourceUsage().maxRSS);
  };
  let iteration = start;
  let ids: readonly string[] = [];
  let saved = checkpoint?.iteration;
  // A loss can be finite when the weights are not: ReLU takes NaN for 0. Such weights are neither kept nor scored.
  const checkFinite = () => {
    const all = [weights, ...kinds.values()].flatMap((tensors) => [...tensors]);
    const broken = all.find(([, tensor]) => !hasOnlyFinite(tensor));
    if (broken) throw diverged(iteration, ids, `${broken[0]} holds values that are not finite`);
  };
  const save = async () => {
    if (saved === iteration) return;
    checkFinite();
    const progress = { iteration, elapsedSeconds: elapsedSeconds(), peakMemoryBytes: peakMemoryBytes() };
    await saveCheckpoint(run, { ...progress, weights, kinds });
    saved = iteration;
  };
  /** A sample that cannot be loaded ends the run, but does not cost what was learned since the last checkpoint. */
  const saveBeforeEnd = async (thrown: unknown): Promise<never> => {
    if (iteration > 0) await save().catch(() => undefined); // why it failed matters more
    throw thrown;
  };
  const validateIfDue = async () => {
    if (!validator.isDue(iteration)) return;
    checkFinite();
    const watcher = { shouldStop, onProgress: events.onValidating };
    const validation = await validator.validate(iteration, trainer.result, watcher).catch((thrown) => {
      if (thrown instanceof NotANumberError) throw diverged(iteration, ids, 'validation scores are NaN');
      return saveBeforeEnd(thrown);
    });
    if (validation) events.onValidation?.({ iteration, ...validation });
  };

  try {
    await validateIfDue(); // a run that was stopped during a validation makes up for it
    while (iteration < iterations && !shouldStop()) {
      const batches = await take(microBatches, accumulate).catch(saveBeforeEnd);
      const learningRate = rateAt(iteration);
      const loss = await trainer.step(batches, iteration);
      iteration += 1;

      ids = batches.flatMap((batch) => batch.ids);
      if (!Number.isFinite(loss)) throw diverged(iteration, ids, `the loss is ${loss}`);
      const imagesSeen = iteration * accumulate * config.batchSize;
      const epoch = Math.ceil(imagesSeen / trainSet.ids.length);
      const elapsed = elapsedSeconds();
      run.log.append([iteration, epoch, loss, learningRate, elapsed.toFixed(3), ids.join(' ')]);
      events.onIteration?.({ iteration, epoch, loss, elapsedSeconds: elapsed });

      // The checkpoint comes first: a validation takes long, and can be made up for.
      if (iteration === iterations || (checkpointEvery > 0 && iteration % checkpointEvery === 0))
        await save();
      await validateIfDue();
      await onPause?.(iteration, { config: model, weights: trainer.result });
    }
    await save();
  } finally {
    await microBatches.return();
    await trainer.release();
  }

  await saveModel(run.last, { config: model, weights: trainer.result });
  const { best } = validator;
  // Nothing was validated: the last weights are the best that are known.
  if (!best) await saveModel(run.best, { config: model, weights: trainer.result });
  const finished = iteration === iterations && !validator.isDue(iteration);
  if (finished && !existsSync(run.summary)) {
    const took = { seconds: elapsedSeconds(), peakMemoryBytes: peakMemoryBytes() };
    await writeJson(run.summary, { iterations, ...took, best: best ?? null } satisfies RunSummary);
  }
  return { iteration, best, finished };
}

/** The end of a run whose numbers have left the range of float32. What it has saved before is worth more. */
function diverged(iteration: number, ids: readonly string[], what: string): FcnError {
  return failure(
    `iteration ${iteration}: ${what} after ${ids.join(', ')}; the run has diverged: try a lower --learning-rate (a tenth), ` +
      'a lower --momentum, or --loss mean',
  );
}

async function take(batches: AsyncGenerator<Batch, void, undefined>, count: number): Promise<Batch[]> {
  const taken: Batch[] = [];
  while (taken.length < count) {
    const { value } = await batches.next();
    if (!value) throw new Error('the loader ended before the run did');
    taken.push(value);
  }
  return taken;
}
