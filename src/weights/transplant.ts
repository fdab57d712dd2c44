import type { ModelConfig } from '../config/model-config.ts';
import { inputError } from '../errors.ts';
import { initializeParameter } from '../models/initialize.ts';
import type { Architecture, Parameter } from '../models/network.ts';
import { parametersOf } from '../models/parameters.ts';
import type { Tensor } from '../tensor.ts';
import { unknownClass } from './infer-config.ts';
import type { Model } from './model-file.ts';

/** What became of a parameter of the target, or ('skipped') of one that only the source has. */
export interface ParameterFate {
  readonly name: string;
  readonly fate: 'copied' | 'initialized' | 'skipped';
  readonly reason: string;
}

export interface Transplant {
  /** Every parameter of the target. Those that were copied are the source's own tensors: its memory is used on. */
  readonly weights: Map<string, Tensor<'float32'>>;
  /** In the order of the target's layers, then those of the source that were skipped. */
  readonly fates: readonly ParameterFate[];
}

/**
 * Starts a network from the weights of another: FCN-16s from FCN-32s and FCN-8s from FCN-16s (Long et al. 2015,
 * section 4.2), or one for other classes. Parameters of the same name and shape are copied, others initialized. Those
 * whose shape depends on the number of classes are copied only if the classes are the same, by name if `target` says.
 * @throws FcnError when the source has another width, or nothing that fits.
 */
export function transplant(
  source: Model,
  target: Architecture & Partial<Pick<ModelConfig, 'classes'>>,
  seed: number,
): Transplant {
  const parameters = parametersOf(target);
  const ofClasses = classParameters(target, parameters);
  const otherClasses = classDifference(source.config, target);
  const weights = new Map<string, Tensor<'float32'>>();
  const fates: ParameterFate[] = [];
  for (const parameter of parameters) {
    const { name, shape } = parameter;
    const tensor = source.weights.get(name);
    const mismatch = ofClasses.has(name) ? otherClasses : undefined;
    if (tensor === undefined || mismatch !== undefined) {
      weights.set(name, initializeParameter(parameter, seed));
      fates.push({ name, fate: 'initialized', reason: mismatch ?? 'not in the file' });
    } else if (tensor.shape.join() === shape.join()) {
      weights.set(name, tensor);
      fates.push({ name, fate: 'copied', reason: 'same name and shape' });
    } else {
      throw otherShape(source, target, parameter, tensor);
    }
  }
  if (!fates.some(({ fate }) => fate === 'copied')) {
    throw inputError(
      `initial weights: got no tensor that fits ${target.model}, expected at least one; choose weights of an FCN on VGG-16`,
    );
  }
  for (const name of source.weights.keys()) {
    if (!weights.has(name)) fates.push({ name, fate: 'skipped', reason: `no place in ${target.model}` });
  }
  return { weights, fates };
}

/**
 * Fates as a few lines: `copied 30: conv1_1 ... fc7`. Counts are of tensors, names of layers; more than three in a row
 * are a range.
 */
export function formatFates(fates: readonly ParameterFate[]): string {
  const lines = new Map<string, { fate: string; reason: string; tensors: number; runs: string[][] }>();
  let previous: string | undefined;
  for (const { name, fate, reason } of fates) {
    const key = `${fate} (${reason})`;
    const line = lines.get(key) ?? { fate, reason, tensors: 0, runs: [] };
    lines.set(key, line);
    if (previous !== key) line.runs.push([]);
    const run = line.runs.at(-1)!;
    const layer = name.replace(/\.(weight|bias)$/, '');
    if (run.at(-1) !== layer) run.push(layer);
    line.tensors += 1;
    previous = key;
  }
  const formatRun = (run: string[]) => (run.length > 3 ? `${run[0]} ... ${run.at(-1)}` : run.join(', '));
  return [...lines.values()]
    .map(({ fate, reason, tensors, runs }) => {
      const note = fate === 'copied' ? '' : ` (${reason})`;
      return `${fate} ${tensors}: ${runs.map(formatRun).join(', ')}${note}`;
    })
    .join('\n');
}

/** The parameters whose shape depends on the number of classes: score layers and deconvolutions. */
function classParameters(target: Architecture, parameters: readonly Parameter[]): Set<string> {
  const other = parametersOf({ ...target, numClasses: target.numClasses + 1 });
  const differing = parameters.filter(({ shape }, i) => shape.join() !== other[i]!.shape.join());
  return new Set(differing.map(({ name }) => name));
}

/** How the classes differ, if they do. A class without a name is taken for any. */
function classDifference(
  source: ModelConfig,
  { numClasses, classes }: { readonly numClasses: number; readonly classes?: readonly string[] },
): string | undefined {
  if (source.numClasses !== numClasses) return `${source.numClasses} classes in the file, not ${numClasses}`;
  const index = (classes ?? []).findIndex((name, i) => {
    const found = source.classes[i];
    return name !== found && name !== unknownClass(name, i) && found !== unknownClass(found, i);
  });
  return index < 0
    ? undefined
    : `class ${index} is '${source.classes[index]}' in the file, not '${classes![index]}'`;
}

function otherShape(source: Model, target: Architecture, { name, shape }: Parameter, tensor: Tensor): Error {
  return inputError(
    `initial weights: got width ${source.config.width} (${name} of shape [${tensor.shape.join(', ')}]), expected width ` +
      `${target.width} ([${shape.join(', ')}]); use --width ${source.config.width}, or weights of width ${target.width}`,
  );
}
