import { counted } from '../base/counted.ts';
import { inputError } from '../base/errors.ts';
import type { Tensor } from '../base/tensor.ts';
import type { ModelConfig } from '../networks/model-config.ts';
import { parametersOf } from '../networks/parameters.ts';
import { quote } from './quote.ts';

/** A network with its weights: all that is needed to run it. */
export interface Model {
  readonly config: ModelConfig;
  /** Every parameter by name, in the order of the layers. */
  readonly weights: Map<string, Tensor<'float32'>>;
}

/**
 * The tensors as the parameters of the network, in its order.
 * @throws FcnError when one is missing, too many, or of another shape or type.
 */
export function checkWeights(
  tensors: ReadonlyMap<string, Tensor>,
  config: ModelConfig,
  what: string,
): Map<string, Tensor<'float32'>> {
  const { model, numClasses, width } = config;
  const network = `${model} of width ${width} with ${counted(numClasses, 'class', 'classes')}`;
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
      `${what}: got ${counted(surplus.length, 'tensor')} that ${surplus.length === 1 ? 'is no parameter' : 'are not parameters'} of ${network}, the first ${quote(surplus[0]!)}, ` +
        'expected none; name the right network, or remove them',
    );
  }
  return weights;
}

function isFloat32(tensor: Tensor): tensor is Tensor<'float32'> {
  return tensor.dtype === 'float32';
}
