import type { Tensor } from '../base/tensor.ts';
import { initializeParameter } from '../engine/parameters/initialize.ts';
import type { ModelConfig } from '../networks/model-config.ts';
import type { Architecture } from '../networks/network.ts';
import { parametersOf } from '../networks/parameters.ts';
import { ofStream, streamsOf } from '../networks/streams.ts';
import type { ParameterFate } from './fates.ts';
import { type Transplant, type TransplantOptions, type TransplantSource, transplant } from './transplant.ts';

/**
 * Starts a network of several streams, each of its streams from the weights of a network of its own, scores included where the classes are
 * the same (nyud-fcn32s-color-hha/solve.py of the reference implementation). The last deconvolution, which they share, is that of the
 * first.
 * @param sources by the names of the streams
 * @throws as `transplant`
 */
export function transplantStreams(
  sources: ReadonlyMap<string, TransplantSource>,
  target: Architecture & Pick<ModelConfig, 'classes' | 'input'>,
  seed: number,
  options: TransplantOptions = {},
): Transplant {
  const own = new Map<string, { tensor: Tensor<'float32'>; fate: ParameterFate }>();
  const dropped: ParameterFate[] = [];
  for (const stream of streamsOf(target)) {
    const { weights, fates } = transplant(sources.get(stream.name)!, ofStream(target, stream), seed, options);
    for (const fate of fates) {
      const tensor = weights.get(fate.name);
      const name = stream.prefix + fate.name;
      if (!tensor) dropped.push({ ...fate, name });
      else {
        own.set(name, { tensor, fate: { ...fate, name } });
        if (!own.has(fate.name)) own.set(fate.name, { tensor, fate });
      }
    }
  }
  const weights = new Map<string, Tensor<'float32'>>();
  const fates: ParameterFate[] = [];
  for (const parameter of parametersOf(target)) {
    const { tensor, fate } = own.get(parameter.name)!;
    // By its whole name, so that streams start differently.
    weights.set(parameter.name, fate.fate === 'initialized' ? initializeParameter(parameter, seed) : tensor);
    fates.push(fate);
  }
  return { weights, fates: [...fates, ...dropped] };
}
