import type { Dataset, Sample } from '../data/datasets/dataset.ts';
import { haveRoom, keepingSamples } from '../data/datasets/keeping-samples.ts';
import { spacedIndices } from '../data/datasets/spaced-indices.ts';
import { openDevice } from '../engine/devices/native-devices.ts';
import { initializeParameter } from '../engine/parameters/initialize.ts';
import { evaluate } from '../inference/evaluate/evaluate.ts';
import { type Segmenter, withSegmenter } from '../inference/predict/segmenter.ts';
import { parametersOf } from '../networks/parameters.ts';
import { createTrainer } from './create-trainer.ts';
import { loadMicroBatches, preparation } from './micro-batches.ts';
import { fixedSize } from './recipes.ts';
import type { RunConfig } from './run-config.ts';

/**
 * How much is measured: behind the first update, which takes longer than the others, so many, and for so long; where they are
 * slow, fewer.
 */
const fewestUpdates = 5;
const leastSeconds = 1;
const mostSeconds = 20;

/** Images that a validation is measured on. */
const validationImages = 3;

/** Of so many images, if they are kept, most updates see some that were loaded before: they are measured on a few, over and over. */
const mostSeenAgain = 400;
const seenAgain = 3;

/** Of images that are seen again: seconds to load all of them once. */
interface Loading {
  readonly areSeenAgain: boolean;
  readonly seconds: number;
}

async function measureLoading(dataset: Dataset, prepare = (sample: Sample) => sample): Promise<Loading> {
  if (dataset.ids.length > mostSeenAgain) return { areSeenAgain: false, seconds: 0 };
  const seconds: number[] = [];
  let areSeenAgain = true;
  for (const index of spacedIndices(dataset.ids.length, seenAgain)) {
    const start = performance.now();
    const sample = prepare(await dataset.load(index));
    seconds.push(secondsSince(start));
    areSeenAgain &&= haveRoom(dataset, sample);
  }
  return { areSeenAgain, seconds: areSeenAgain ? median(seconds) * dataset.ids.length : 0 };
}

/** Seconds that a run takes to load what it trains and validates on, beyond those of its updates and validations. */
export async function measureLoadings(
  { trainSize }: Pick<RunConfig, 'trainSize'>,
  trainSet: Dataset,
  valSet: Dataset | undefined,
): Promise<number> {
  const training = await measureLoading(trainSet, preparation(trainSize));
  return training.seconds + (valSet ? (await measureLoading(valSet)).seconds : 0);
}

/**
 * Seconds of an update, its images loaded as in a run; what is learned meanwhile is thrown away. The median: a moment in which the
 * machine had something else to do says nothing of the others.
 */
export async function measureUpdate(config: RunConfig, trainSet: Dataset): Promise<number> {
  const standing = { ...config, learningRate: 0, schedule: 'constant' } as const;
  const trainer = await createTrainer(standing, randomWeights(config));
  const { areSeenAgain } = await measureLoading(trainSet, preparation(config.trainSize));
  const measured = areSeenAgain ? someOf(trainSet, seenAgain) : trainSet;
  const batches = loadMicroBatches({ config: { ...config, iterations: 1000 }, trainSet: measured }, 0);
  try {
    const seconds: number[] = [];
    const began = performance.now();
    const isEnough = () => {
      const took = secondsSince(began);
      return (
        (seconds.length >= fewestUpdates && took >= leastSeconds) ||
        (seconds.length > 0 && took > mostSeconds)
      );
    };
    for (let update = 0; !isEnough(); update++) {
      const start = performance.now();
      const taken = [];
      for (let i = 0; i < config.accumulate; i++) taken.push((await batches.next()).value!);
      await trainer.step(taken, update);
      if (update > 0) seconds.push(secondsSince(start));
    }
    return median(seconds);
  } finally {
    await batches.return();
    await trainer.release();
  }
}

/** Seconds of a validation, from those of its first images; of few images, when they were loaded before. */
export async function measureValidation(config: RunConfig, valSet: Dataset): Promise<number> {
  const { model, threads, valSize } = config;
  const limit = Math.min(validationImages, valSet.ids.length);
  const { areSeenAgain } = await measureLoading(valSet);
  const dataset = areSeenAgain ? keepingSamples(valSet) : valSet;
  const began = performance.now();
  let opened = 0;
  let evaluated = 0;
  const network = { config: model, weights: randomWeights(config) };
  const measure = async (segmenter: Segmenter) => {
    opened = secondsSince(began);
    if (areSeenAgain) await evaluate({ segmenter, dataset, size: fixedSize(valSize), limit });
    const start = performance.now();
    await evaluate({ segmenter, dataset, size: fixedSize(valSize), limit });
    evaluated = secondsSince(start);
  };
  await withSegmenter(
    network,
    { threads, images: valSet.ids.length },
    measure,
    await openDevice(config.device),
  );
  return opened + (evaluated * valSet.ids.length) / limit;
}

/** Some of the images of a data set, spread over it. */
function someOf(dataset: Dataset, count: number): Dataset {
  const indices = spacedIndices(dataset.ids.length, count);
  return {
    ...dataset,
    ids: indices.map((index) => dataset.ids[index]!),
    load: (index) => dataset.load(indices[index]!),
  };
}

function randomWeights({ model, seed }: RunConfig) {
  return new Map(
    parametersOf(model).map((parameter) => [parameter.name, initializeParameter(parameter, seed)]),
  );
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

function secondsSince(start: number): number {
  return (performance.now() - start) / 1000;
}
