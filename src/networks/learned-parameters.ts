import { inputError } from '../base/errors.ts';

/** What is asked of a parameter here: its name, and whether it is one that could learn. */
interface Learnable {
  readonly name: string;
  readonly learned: boolean;
}

/**
 * The parameters that a run learns: all but deconvolutions that stay bilinear and layers that are frozen.
 * @param frozen names of layers, or beginnings of names that end in `*`
 */
export function learnedParameters<P extends Learnable>(
  parameters: readonly P[],
  frozen: readonly string[] = [],
): P[] {
  return parameters.filter(({ name, learned }) => learned && !isFrozen(layerOf(name), frozen));
}

/**
 * @param ofAllStages the parameters of all networks that the same names are for
 * @throws FcnError when a name is that of no layer in any stage, or nothing is left to learn.
 */
export function checkFrozen(
  parameters: readonly Learnable[],
  frozen: readonly string[],
  ofAllStages: readonly Learnable[] = parameters,
): void {
  const layers = [...new Set(ofAllStages.map(({ name }) => layerOf(name)))];
  for (const pattern of frozen) {
    if (layers.some((layer) => matches(pattern, layer))) continue;
    throw inputError(
      `--freeze: got ${JSON.stringify(pattern)}, expected names of layers, or the start of names such as ` +
        `${layers[0]!.slice(0, -1)}*; the network has ${layers.join(', ')}`,
    );
  }
  if (frozen.length > 0 && learnedParameters(parameters, frozen).length === 0) {
    throw inputError(
      `--freeze: got ${frozen.join(',')}, expected at least one layer that learns; freeze fewer layers`,
    );
  }
}

/** Whether a layer is among those that do not learn. @param frozen as above */
export function isFrozen(layer: string, frozen: readonly string[]): boolean {
  return frozen.some((pattern) => matches(pattern, layer));
}

/**
 * Whether a parameter belongs to the head, which starts anew on weights of a classifier: its scores and
 * deconvolutions, and torchvision's layers before the scores.
 */
export function isOfHead(parameterName: string): boolean {
  return /(^|\.)(score_|upscore|head_|aux_)/.test(parameterName);
}

function matches(pattern: string, layer: string): boolean {
  return pattern.endsWith('*') ? layer.startsWith(pattern.slice(0, -1)) : layer === pattern;
}

function layerOf(parameterName: string): string {
  return parameterName.slice(0, parameterName.lastIndexOf('.'));
}
