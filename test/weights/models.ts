import path from 'node:path';
import { random } from '../../src/base/rng.ts';
import type { Tensor } from '../../src/base/tensor.ts';
import { vocClasses } from '../../src/data/datasets/voc-classes.ts';
import { inputPresets } from '../../src/data/input-config.ts';
import { initializeParameter } from '../../src/engine/parameters/initialize.ts';
import type { ModelConfig } from '../../src/networks/model-config.ts';
import type { ModelName } from '../../src/networks/model-names.ts';
import { parametersOf } from '../../src/networks/parameters.ts';
import type { Model } from '../../src/weights/model.ts';
import { readSafetensors } from '../../src/weights/safetensors/safetensors.ts';

/** Networks with weights by NumPy; see peer/fixture_networks.py. */
export const networksFile = path.join(import.meta.dirname, '..', 'fixtures', 'networks.safetensors');

/** The tensors of one of the networks in the fixture: 5 classes, width 3/128. */
export async function fixtureWeights(model: ModelName): Promise<Map<string, Tensor<'float32'>>> {
  const { tensors } = await readSafetensors(networksFile);
  const weights = new Map<string, Tensor<'float32'>>();
  for (const [name, tensor] of tensors) {
    const [, own, parameter] = /^(?:(.+)\/)?weights\/(.+)$/.exec(name) ?? [];
    if (parameter && (own === undefined || own === model))
      weights.set(parameter, tensor as Tensor<'float32'>);
  }
  return weights;
}

/** A network with random weights, score layers included. By default: 21 classes, as thin as can be. */
export function randomModel(changes: Partial<ModelConfig> = {}): Model {
  const config: ModelConfig = {
    model: 'fcn8s',
    numClasses: 21,
    width: 1 / 64,
    deconvolution: 'learned',
    classes: [...vocClasses],
    input: { ...inputPresets.caffe, mean: [...inputPresets.caffe.mean], std: [1, 1, 1] },
    ...changes,
  };
  const weights = new Map<string, Tensor<'float32'>>();
  for (const parameter of parametersOf(config)) {
    const tensor = initializeParameter(parameter, 1);
    // The last normalization of a block, so that a deep sum stays in range.
    if (/bn3\.weight$/.test(parameter.name)) tensor.data.fill(0.1);
    const stream = random('test', parameter.name);
    if (parameter.initialization === 'zero') {
      // Score layers and biases of any size; the residuals of MobileNetV2 must leave numbers that float32 can add.
      const deviation = /_project\.weight$/.test(parameter.name) ? parameter.shape[1]! ** -0.5 : 1;
      tensor.data.set(tensor.data.map(() => deviation * stream.normal()));
    }
    weights.set(parameter.name, tensor);
  }
  return { config, weights };
}
