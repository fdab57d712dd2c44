import type { Dataset } from '../data/datasets/dataset.ts';
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
  const batches = loadMicroBatches({ config: { ...config, iterations: 1000 }, trainSet }, 0);
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

/** Seconds of a validation, from those of its first images. */
export async function measureValidation(config: RunConfig, valSet: Dataset): Promise<number> {
  const { model, threads, valSize } = config;
  const limit = Math.min(validationImages, valSet.ids.length);
  const began = performance.now();
  let beforeImages = 0;
  const network = { config: model, weights: randomWeights(config) };
  const measure = async (segmenter: Segmenter) => {
    beforeImages = secondsSince(began);
    await evaluate({ segmenter, dataset: valSet, size: fixedSize(valSize), limit });
  };
  await withSegmenter(network, { threads }, measure, await openDevice(config.device));
  return beforeImages + ((secondsSince(began) - beforeImages) * valSet.ids.length) / limit;
}

function randomWeights({ model, seed }: RunConfig) {
  return new Map(
    parametersOf(model).map((parameter) => [parameter.name, initializeParameter(parameter, seed)]),
  );
}

function secondsSince(start: number): number {
  return (performance.now() - start) / 1000;
}
