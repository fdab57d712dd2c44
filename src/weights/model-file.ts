import { configKey, parseConfig } from './config-metadata.ts';
import { type Assumptions, inferConfig } from './infer-config.ts';
import { checkWeights, type Model } from './model.ts';
import { readSafetensors, writeSafetensors } from './safetensors.ts';

export type { Model } from './model.ts';

/**
 * Reads a weights file. One without our metadata is understood by the names and shapes of its tensors; what these do
 * not tell comes from `assumptions`.
 * @throws FcnError naming the file, and the tensor, when it does not hold exactly the parameters of its network.
 */
export async function loadModel(file: string, assumptions: Assumptions = {}): Promise<Model> {
  const { tensors, metadata } = await readSafetensors(file);
  const text = metadata[configKey];
  const what = `weights ${file}`;
  const config = text === undefined ? inferConfig(tensors, what, assumptions) : parseConfig(text, what);
  return { config, weights: checkWeights(tensors, config, what) };
}

/** Writes a weights file, atomically. @throws FcnError (exit code 1) when it cannot be written. */
export async function saveModel(file: string, { config, weights }: Model): Promise<void> {
  await writeSafetensors(file, weights, { [configKey]: JSON.stringify(config) });
}
