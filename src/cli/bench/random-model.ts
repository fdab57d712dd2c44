import { random } from '../../base/rng.ts';
import { allocate, type Tensor } from '../../base/tensor.ts';
import { vocClasses } from '../../data/datasets/voc-classes.ts';
import { inputPresets } from '../../data/input-config.ts';
import { initializeParameter } from '../../engine/parameters/initialize.ts';
import type { ModelConfig } from '../../networks/model-config.ts';
import type { ModelName } from '../../networks/model-names.ts';
import { parametersOf } from '../../networks/parameters.ts';
import type { Model } from '../../weights/model.ts';

/** Numbers that are drawn; they repeat. A prime, so that no two channels are the same. */
const drawn = 65_521;

/**
 * A network to be timed. Its weights are random, score layers included, and of the size that keeps activations in range:
 * their values are of no consequence, and drawing 134 million of them would take longer than the steps that are timed.
 */
export function randomModel(model: ModelName, width: number, classes: number): Model {
  const config: ModelConfig = {
    ...{ model, width, numClasses: classes, deconvolution: 'learned', input: inputPresets.torchvision },
    classes: Array.from({ length: classes }, (_, c) => vocClasses[c] ?? `class ${c}`),
  };
  const stream = random(0, 'bench');
  const normals = Float32Array.from({ length: drawn }, () => stream.normal());
  const weights = new Map(
    parametersOf(config).map((parameter) => {
      const { name, shape, initialization } = parameter;
      const isFilled = shape.length === 4 && initialization !== 'bilinear';
      return [name, isFilled ? fill(shape, normals) : initializeParameter(parameter, 0)];
    }),
  );
  return { config, weights };
}

/** Variance 2 / fan-in, as in initialize.ts. [O, I, K, K] */
function fill(shape: readonly number[], normals: Float32Array): Tensor<'float32'> {
  const tensor = allocate('float32', shape);
  const fanIn = shape.slice(1).reduce((product, size) => product * size, 1);
  const scaled = normals.map((value) => value * Math.sqrt(2 / fanIn));
  for (let i = 0; i < tensor.data.length; i += drawn) {
    tensor.data.set(scaled.subarray(0, tensor.data.length - i), i);
  }
  return tensor;
}
