import type { Tensor } from '../base/tensor.ts';
import { openDevice } from '../engine/devices/native-devices.ts';
import type { Checkpoint } from './checkpoint.ts';
import { learningRateAt } from './learning-rate.ts';
import { fixedSize } from './recipes.ts';
import type { RunConfig } from './run-config.ts';
import { Trainer } from './trainer.ts';

/** The network of a run that learns, with the run's learning rates, on its device. @param weights of every parameter; changed in place */
export async function createTrainer(
  config: RunConfig,
  weights: ReadonlyMap<string, Tensor<'float32'>>,
): Promise<Trainer> {
  const learningRate = (update: number) => learningRateAt(config, update);
  const imageSize = fixedSize(config.trainSize);
  return Trainer.create(await openDevice(config.device), config.model, weights, {
    ...{ ...config, learningRate, imageSize },
  });
}

/** The same, as a checkpoint has left it, if there is one. */
export async function startTrainer(
  config: RunConfig,
  initial: ReadonlyMap<string, Tensor<'float32'>>,
  checkpoint: Checkpoint | undefined,
): Promise<Trainer> {
  const trainer = await createTrainer(config, new Map(checkpoint?.weights ?? initial));
  const { kinds } = trainer.state;
  for (const [kind, tensors] of checkpoint?.kinds ?? []) {
    for (const [name, { data }] of tensors) kinds.get(kind)!.get(name)!.data.set(data);
  }
  if (checkpoint) await trainer.write();
  return trainer;
}
