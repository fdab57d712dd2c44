import { type ModelConfig, modelConfigSchema } from '../config/model-config.ts';
import { inputError, reasonOf } from '../errors.ts';
import { parametersOf } from '../models/parameters.ts';
import type { Tensor } from '../tensor.ts';
import { type Assumptions, inferConfig } from './infer-config.ts';
import { readSafetensors, writeSafetensors } from './safetensors.ts';
import { quote } from './safetensors-header.ts';

/** A network with its weights: all that is needed to run it. */
export interface Model {
  readonly config: ModelConfig;
  /** Every parameter by name, in the order of the layers. */
  readonly weights: Map<string, Tensor<'float32'>>;
}

/** The metadata key of our configuration, a JSON string. */
const configKey = 'fcn';

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

function parseConfig(text: string, what: string): ModelConfig {
  const wrong = (detail: string, cause?: unknown) =>
    inputError(`${what}: metadata key ${configKey}: ${detail}; write the file again with fcn convert`, cause);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (thrown) {
    throw wrong(`not JSON (${reasonOf(thrown)})`, thrown);
  }
  const result = modelConfigSchema.safeParse(value);
  if (!result.success) {
    const { path, message } = result.error.issues[0]!;
    throw wrong([...path.map(String), message].join(': '));
  }
  const { classes, numClasses } = result.data;
  if (classes.length !== numClasses) {
    throw wrong(`got ${classes.length} class names, expected numClasses, ${numClasses}`);
  }
  return result.data;
}

/** The tensors as the parameters of the network, in its order. */
function checkWeights(
  tensors: ReadonlyMap<string, Tensor>,
  config: ModelConfig,
  what: string,
): Map<string, Tensor<'float32'>> {
  const { model, numClasses, width } = config;
  const network = `${model} of width ${width} with ${numClasses} classes`;
  const weights = new Map<string, Tensor<'float32'>>();
  for (const { name, shape } of parametersOf(config)) {
    const expected = `expected float32 [${shape.join(', ')}] for ${network}`;
    const tensor = tensors.get(name);
    if (tensor === undefined) throw inputError(`${what}: got no tensor ${name}, ${expected}`);
    if (!isFloat32(tensor) || tensor.shape.join() !== shape.join()) {
      throw inputError(`${what}: got ${name} ${tensor.dtype} [${tensor.shape.join(', ')}], ${expected}`);
    }
    weights.set(name, tensor);
  }
  const surplus = [...tensors.keys()].filter((name) => !weights.has(name));
  if (surplus.length > 0) {
    throw inputError(
      `${what}: got ${surplus.length} tensors that are no parameters of ${network}, the first ${quote(surplus[0]!)}, ` +
        'expected none; name the right network, or remove them',
    );
  }
  return weights;
}

function isFloat32(tensor: Tensor): tensor is Tensor<'float32'> {
  return tensor.dtype === 'float32';
}
