import { allocate, type Tensor } from '../base/tensor.ts';
import { normalizationEpsilon } from '../engine/operators/batch-normalization.ts';
import { convolutionsOf, type Layer } from './backbones/layers.ts';

type Weights = ReadonlyMap<string, Tensor<'float32'>>;

/**
 * The weights of a network as the graphs that predict take them: batch normalization by running averages is part of the convolution
 * before it,
 *
 *   w' = w f,   b' = shift - mean f   with f = scale / sqrt(variance + epsilon)
 *
 * and an auxiliary head is left out. Weights without normalization are the given ones themselves.
 * @param layers all that predict; see backboneOf
 * @param memory of an earlier result for the same network, which is written over
 */
export function foldNormalization(
  layers: readonly Layer[],
  weights: Weights,
  memory: Weights = new Map(),
): Weights {
  const convolutions = convolutionsOf(layers).filter(({ normalization }) => normalization);
  if (convolutions.length === 0) return weights;
  const folded = new Map<string, Tensor<'float32'>>();
  const replaced = new Set(convolutions.map(({ normalization }) => normalization!));
  for (const [name, tensor] of weights) {
    const layer = name.slice(0, name.lastIndexOf('.'));
    if (!replaced.has(layer) && !/^(aux_|score_aux)/.test(name)) folded.set(name, tensor);
  }
  for (const { name, normalization } of convolutions) {
    const own = (part: string) => weights.get(`${normalization}.${part}`)!.data;
    const [scale, shift] = [own('weight'), own('bias')];
    const [mean, variance] = [own('running_mean'), own('running_var')];
    const kernels = weights.get(`${name}.weight`)!;
    const channels = kernels.shape[0]!;
    const size = kernels.data.length / channels;
    const w = memory.get(`${name}.weight`) ?? allocate('float32', kernels.shape);
    const b = memory.get(`${name}.bias`) ?? allocate('float32', [channels]);
    for (let channel = 0; channel < channels; channel++) {
      const factor = scale[channel]! / Math.sqrt(variance[channel]! + normalizationEpsilon);
      b.data[channel] = shift[channel]! - mean[channel]! * factor;
      for (let i = channel * size; i < (channel + 1) * size; i++) w.data[i] = kernels.data[i]! * factor;
    }
    folded.set(`${name}.weight`, w);
    folded.set(`${name}.bias`, b);
  }
  return folded;
}
