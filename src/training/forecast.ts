import { type Memory, memoryOfMachine } from '../base/memory.ts';
import { sizeOf } from '../base/tensor.ts';
import type { Size } from '../inference/predict/segmenter.ts';
import { learnedParameters } from '../networks/learned-parameters.ts';
import { parametersOf } from '../networks/parameters.ts';
import { imageSizes } from './check-memory.ts';
import { measureUpdate, measureValidation } from './measure-speed.ts';
import { estimateError, memoryNeed } from './memory-need.ts';
import type { PreparedRun } from './prepare.ts';
import type { RunConfig } from './run-config.ts';

/** What a run would do, and what it would need: `fcn train --dry-run --json`. */
export interface Forecast {
  readonly data: string;
  readonly splits: { readonly train: string; readonly val: string | null };
  readonly images: { readonly train: number; readonly val: number };
  readonly classes: readonly string[];
  /** Of a network with several heads: the classes of each, by its name. */
  readonly heads?: Readonly<Record<string, readonly string[]>>;
  readonly model: string;
  readonly width: number;
  readonly parameters: number;
  readonly learnedParameters: number;
  readonly recipe: string;
  readonly trainSize: RunConfig['trainSize'];
  /** The largest of some images where they pass the network as they are; null where none can be read. */
  readonly imageSize: Size | null;
  readonly batchSize: number;
  readonly accumulate: number;
  readonly threads: number;
  readonly iterations: number;
  readonly epochs: number;
  readonly validations: number;
  readonly memoryBytes: {
    /** The peak of the run's resident set, and between what it lies: the estimate may be wrong by as much. */
    readonly estimate: number;
    readonly atLeast: number;
    readonly atMost: number;
    readonly machine: number;
    /** The limit of the cgroup; null where none limits more than the machine. */
    readonly cgroup: number | null;
    readonly available: number;
  };
  readonly seconds: {
    readonly iteration: number;
    /** Of one validation, and of all that the run does: iterations, validations. */
    readonly validation: number;
    readonly total: number;
  };
}

/** Micro-batches of an update that are measured; the others take as long. */
const measuredBatches = 2;

/** Measures updates and a validation, whose results are thrown away, and estimates the rest. Nothing is written. */
export async function forecast({
  config,
  trainSet,
  valSet,
}: Omit<PreparedRun, 'weights' | 'fates'>): Promise<Forecast> {
  const { model, batchSize, accumulate, iterations, validateEvery, trainSize, valSplit } = config;
  const memory: Memory = memoryOfMachine();
  const sizes = await imageSizes(config, trainSet, valSet);
  const { total: estimate } = memoryNeed(config, sizes);
  const parameters = parametersOf(model);
  const count = (some: typeof parameters) => some.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const measured = Math.min(accumulate, measuredBatches);
  const iteration =
    ((await measureUpdate({ ...config, accumulate: measured }, trainSet)) * accumulate) / measured;
  const validations = valSet ? Math.ceil(iterations / validateEvery) : 0;
  const validation = valSet ? await measureValidation(config, valSet) : 0;
  return {
    data: config.data,
    splits: { train: config.trainSplit, val: valSet ? valSplit : null },
    images: { train: trainSet.ids.length, val: valSet?.ids.length ?? 0 },
    ...{ classes: trainSet.classes, model: model.model, width: model.width },
    ...(model.heads && { heads: Object.fromEntries(model.heads.map((head) => [head.name, head.classes])) }),
    parameters: count(parameters),
    learnedParameters: count(learnedParameters(parameters, config.frozen)),
    ...{ recipe: config.recipe, trainSize, imageSize: sizes.training ?? null },
    ...{ batchSize, accumulate, threads: config.threads, iterations },
    epochs: (iterations * batchSize * accumulate) / trainSet.ids.length,
    validations,
    memoryBytes: {
      ...{ estimate, atLeast: (1 - estimateError) * estimate, atMost: (1 + estimateError) * estimate },
      ...{ machine: memory.machine, cgroup: memory.cgroup?.bytes ?? null, available: memory.available },
    },
    seconds: { iteration, validation, total: iterations * iteration + validations * validation },
  };
}
