import type { Tensor } from '../base/tensor.ts';
import { nativeRuntime } from '../engine/runtimes/native/native-runtime.ts';
import { learningRateAt } from './learning-rate.ts';
import type { RunConfig } from './run-config.ts';
import { Trainer } from './trainer.ts';

/** The network of a run that learns, with the run's learning rates. @param weights of every parameter; changed in place by each step */
export function createTrainer(
  config: RunConfig,
  weights: ReadonlyMap<string, Tensor<'float32'>>,
): Promise<Trainer> {
  const learningRate = (update: number) => learningRateAt(config, update);
  return Trainer.create(nativeRuntime, config.model, weights, { ...config, learningRate });
}
