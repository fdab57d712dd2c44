import { inputError } from '../base/errors.ts';
import type { BackboneName } from '../networks/model-names.ts';
import type { ParameterFate } from './fates.ts';
import { nameOfLayer } from './names/name-of-layer.ts';
import { quote } from './quote.ts';
import type { Tensors } from './source.ts';

/** Why a classifier's last layer is dropped. */
const ownClasses = "the classifier's own classes";

/**
 * Tensors by our names of their layers, and those of the classifier's last layer by themselves. What has no place here is
 * left out, which `changes` then says.
 * @throws FcnError when two tensors get the same name.
 */
export function renameLayers(
  tensors: Tensors,
  backbone: BackboneName,
  what: string,
  changes: ParameterFate[],
): { renamed: Tensors; classifier: Tensors } {
  const renamed: Tensors = new Map();
  const classifier: Tensors = new Map();
  for (const [fileName, tensor] of tensors) {
    const { layer, parameter } = splitName(fileName);
    const found = nameOfLayer(backbone, layer, tensors.get(`${layer}.weight`)?.shape);
    if (!('name' in found)) {
      const reason = 'dropped' in found ? found.dropped : ownClasses;
      if ('classifier' in found) classifier.set(`classifier${parameter}`, tensor);
      changes.push({ name: fileName, fate: 'dropped', reason });
      continue;
    }
    const name = `${found.name}${parameter}`;
    if (renamed.has(name)) {
      throw inputError(`${what}: got ${name} under two names, the second ${quote(fileName)}, expected one`);
    }
    renamed.set(name, tensor);
  }
  return { renamed, classifier };
}

/** `features.0.weight` is `.weight` of the layer `features.0`. */
function splitName(name: string): { layer: string; parameter: string } {
  const dot = name.lastIndexOf('.');
  return dot < 0 ? { layer: name, parameter: '' } : { layer: name.slice(0, dot), parameter: name.slice(dot) };
}
