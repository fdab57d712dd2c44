import { inputError } from '../base/errors.ts';
import { asModel } from './as-model.ts';
import { titleOf } from './backbone-titles.ts';
import { configKey } from './config-metadata.ts';
import type { Assumptions } from './infer-config.ts';
import type { Model } from './model.ts';
import { readWeights } from './read-weights.ts';
import { type ReadOptions, writeSafetensors } from './safetensors/safetensors.ts';
import type { WriteOptions } from './safetensors/safetensors-bytes.ts';
import type { WeightSource } from './source.ts';

/**
 * Reads a whole network from a file of any format that we read. One without our metadata is understood by the names and
 * shapes of its tensors; what these do not tell comes from `assumptions`.
 * @throws FcnError naming the file, and the tensor, when it does not hold exactly the parameters of its network.
 */
export async function loadModel(
  file: string,
  assumptions: Assumptions = {},
  options: ReadOptions = {},
): Promise<Model> {
  return wholeModel(await readWeights(file, options), assumptions);
}

/** The network in what was read from a file. @throws FcnError as `loadModel` */
export function wholeModel(source: WeightSource, assumptions: Assumptions = {}): Model {
  const model = asModel(source, assumptions);
  if ('config' in model) {
    for (const line of model.assumed) assumptions.onAssumed?.(line);
    return { config: model.config, weights: model.weights };
  }
  throw inputError(
    `weights ${source.file}: got no metadata and no tensor score_fr.weight, only ${titleOf(model.backbone)} without ` +
      'scores, expected a whole FCN; train one with fcn train --init',
  );
}

/** Writes a weights file, atomically. @throws FcnError (exit code 1) when it cannot be written. */
export async function saveModel(
  file: string,
  { config, weights }: Model,
  options: WriteOptions = {},
): Promise<void> {
  await writeSafetensors(file, weights, { [configKey]: JSON.stringify(config) }, options);
}
