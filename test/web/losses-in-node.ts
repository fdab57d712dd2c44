import { loadBatches } from '../../src/data/batches/loader.ts';
import { openShapes } from '../../src/data/datasets/shapes.ts';
import { inputPresets } from '../../src/data/input-config.ts';
import { trainingTransform } from '../../src/data/transforms/augment.ts';
import { initializeParameter } from '../../src/engine/parameters/initialize.ts';
import { nativeRuntime } from '../../src/engine/runtimes/native/native-runtime.ts';
import type { ModelConfig } from '../../src/networks/model-config.ts';
import { parametersOf } from '../../src/networks/parameters.ts';
import { Trainer } from '../../src/training/trainer.ts';
import { networkChoices } from '../../web/src/train/networks.ts';

/**
 * The first losses of the page's training, by the trainer and the loader of the command line on native ONNX Runtime.
 * @param choice index of one of the networks that the page offers
 */
export async function lossesInNode(steps: number, choice = 0): Promise<number[]> {
  const { model, width, learningRate } = networkChoices[choice]!;
  const dataset = await openShapes('?train=16&size=96&classes=4&seed=1', 'train');
  const config: ModelConfig = {
    ...{ model, width, deconvolution: 'learned', input: inputPresets.torchvision },
    ...{ numClasses: 4, classes: [...dataset.classes] },
  };
  const weights = new Map(parametersOf(config).map((p) => [p.name, initializeParameter(p, 0)]));
  const settings = { batchSize: 4, accumulate: 1, loss: 'mean', momentum: 0.9, weightDecay: 5e-4 } as const;
  const trainer = await Trainer.create(nativeRuntime, config, weights, {
    ...settings,
    ...{ dropout: 0, seed: 0, threads: 1, learningRate },
  });
  const batches = loadBatches({
    ...{ dataset, from: 0, to: steps, batchSize: 4, seed: 0, order: 'shuffled', input: config.input },
    transform: trainingTransform({ mode: 'crop', height: 96, width: 96 }, ['flip'], [0, 0, 0]),
  });
  const losses: number[] = [];
  for await (const batch of batches) losses.push(await trainer.step([batch], losses.length));
  await trainer.release();
  return losses;
}
