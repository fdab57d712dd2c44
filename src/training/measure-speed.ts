import type { Dataset } from '../data/datasets/dataset.ts';
import { keepingSamples } from '../data/datasets/keeping-samples.ts';
import { spacedIndices } from '../data/datasets/spaced-indices.ts';
import { openDevice } from '../engine/devices/native-devices.ts';
import { initializeParameter } from '../engine/parameters/initialize.ts';
import { evaluate } from '../inference/evaluate/evaluate.ts';
import { type Segmenter, withSegmenter } from '../inference/predict/segmenter.ts';
import { parametersOf } from '../networks/parameters.ts';
import { loadMicroBatches } from './micro-batches.ts';
import { fixedSize } from './recipes.ts';
import type { RunConfig } from './run-config.ts';
import { Trainer } from './trainer.ts';

/**
 * How much is measured: behind the first update, which takes longer than the others, so many, and for so long; where they are
 * slow, fewer.
 */
const fewestUpdates = 5;
const leastSeconds = 1;
const mostSeconds = 20;

/** Images that a validation is measured on. */
const validationImages = 3;

/** Of so many images most updates see some that were loaded before and kept, so they are measured on a few, over and over. */
const mostSeenAgain = 400;
const seenAgain = 3;

/**
 * Seconds of an update, its images loaded as in a run; what is learned meanwhile is thrown away. The median: a moment in which the
 * machine had something else to do says nothing of the others.
 */
export async function measureUpdate(config: RunConfig, trainSet: Dataset): Promise<number> {
  const runtime = await openDevice(config.device);
  const trainer = await Trainer.create(runtime, config.model, randomWeights(config), {
    ...config,
    learningRate: 0,
  });
  const measured = trainSet.ids.length > mostSeenAgain ? trainSet : someOf(trainSet, seenAgain);
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
    return seconds.toSorted((a, b) => a - b)[Math.floor(seconds.length / 2)]!;
  } finally {
    await batches.return();
    await trainer.release();
  }
}

/** Seconds of a validation, from those of its first images; of few images, when they were loaded before. */
export async function measureValidation(config: RunConfig, valSet: Dataset): Promise<number> {
  const { model, threads, valSize } = config;
  const limit = Math.min(validationImages, valSet.ids.length);
  const dataset = valSet.ids.length > mostSeenAgain ? valSet : keepingSamples(valSet);
  const began = performance.now();
  let opened = 0;
  let evaluated = 0;
  const network = { config: model, weights: randomWeights(config) };
  const measure = async (segmenter: Segmenter) => {
    opened = secondsSince(began);
    if (dataset !== valSet) await evaluate({ segmenter, dataset, size: fixedSize(valSize), limit });
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

function secondsSince(start: number): number {
  return (performance.now() - start) / 1000;
}
