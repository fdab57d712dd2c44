import { counted } from '../base/counted.ts';
import { inputError } from '../base/errors.ts';
import { allocate, type Tensor } from '../base/tensor.ts';
import { initializeParameter } from '../engine/parameters/initialize.ts';
import type { Parameter } from '../engine/parameters/parameter.ts';
import type { ModelConfig } from '../networks/model-config.ts';
import { type BackboneName, finestOn, type ModelName, modelNames, partsOf } from '../networks/model-names.ts';
import type { Architecture } from '../networks/network.ts';
import { parametersOf } from '../networks/parameters.ts';
import { skipFactor } from '../networks/skips.ts';
import { type AddedChannels, adaptFirstLayer, isFirstLayer } from './adapt-first-layer.ts';
import { type Backbone, preprocessingOf } from './as-model.ts';
import { titleOf } from './backbone-titles.ts';
import { expandClasses } from './expand-scores.ts';
import { type ParameterFate, sameName } from './fates.ts';
import type { Model } from './model.ts';
import { placeInSource } from './transplant-heads.ts';

/** Weights to start from, and what reading them changed in the file's tensors. */
export type TransplantSource = (Model | Backbone) & { readonly changes?: readonly ParameterFate[] };

export interface TransplantOptions {
  /** Whether score layers and deconvolutions for other classes take over those that the file has, too; see expand-scores.ts. */
  readonly expandScores?: boolean | undefined;
  /** How channels start that the file's RGB network does not have; default: with the mean of the three (adapt-first-layer.ts). */
  readonly addedChannels?: AddedChannels | undefined;
}

export interface Transplant {
  /** Every parameter of the target. Those that were copied are the source's own tensors: its memory is used on. */
  readonly weights: Map<string, Tensor<'float32'>>;
  /** In the order of the target's layers, then those of the source that were dropped. */
  readonly fates: readonly ParameterFate[];
}

/**
 * Starts a network from the weights of another: FCN-32s from VGG-16, FCN-16s from FCN-32s and FCN-8s from FCN-16s (Long
 * et al. 2015, sections 4.1 and 4.2), or one for other classes. Parameters of the same name and shape are copied, others
 * initialized. Those whose shape depends on the number of classes are copied only if the classes are the same, by name
 * if `target` says; where the two networks scale what they read differently, so that the scores stay what they were.
 * @throws FcnError when the source has another backbone or width, or nothing that fits.
 */
export function transplant(
  source: TransplantSource,
  target: Architecture & Partial<Pick<ModelConfig, 'classes' | 'input'>>,
  seed: number,
  { expandScores = false, addedChannels }: TransplantOptions = {},
): Transplant {
  const config = 'config' in source ? source.config : undefined;
  checkBackbone('config' in source ? partsOf(source.config.model).backbone : source.backbone, target);
  const parameters = parametersOf(target);
  const ofClasses = classParameters(target, parameters);
  const otherFeatures = config && headDifference(config, target);
  const changes = new Map((source.changes ?? []).map((change) => [change.name, change]));
  const weights = new Map<string, Tensor<'float32'>>();
  const fates: ParameterFate[] = [];
  const used = new Set<string>();
  for (const parameter of parameters) {
    const { name, shape } = parameter;
    const isOfHead = config !== undefined && ofClasses.has(name);
    const place = isOfHead ? placeInSource(name, config, target) : undefined;
    if (isOfHead && !place) {
      weights.set(name, initializeParameter(parameter, seed));
      fates.push({ name, fate: 'initialized', reason: 'no such head in the file' });
      continue;
    }
    const nameInSource = place?.name ?? name;
    used.add(nameInSource);
    const tensor = source.weights.get(nameInSource);
    const mismatch = place && (place.difference ?? otherFeatures);
    if (tensor && config && place && mismatch !== undefined && expandScores) {
      const own = rescale(tensor, place.plainName, config, target)?.tensor ?? tensor;
      const expanded = expandClasses(parameter, own, place.source, place.target, seed);
      if (expanded) {
        weights.set(name, expanded.tensor);
        fates.push({ name, fate: 'expanded', reason: expanded.reason });
        continue;
      }
    }
    if (tensor === undefined || mismatch !== undefined) {
      weights.set(name, initializeParameter(parameter, seed));
      fates.push({ name, fate: 'initialized', reason: mismatch ?? 'not in the file' });
    } else if (isFirstLayer(name, target) && tensor.shape[1] !== shape[1]) {
      const adapted = adaptFirstLayer(tensor, name, preprocessingOf(source), target.input, addedChannels);
      if (!adapted) throw otherChannels(tensor.shape[1]!, shape[1]!);
      if (adapted.tensor.shape.join() !== shape.join()) throw otherShape(source, target, parameter, tensor);
      weights.set(name, adapted.tensor);
      fates.push(adapted.fate);
    } else if (tensor.shape.join() !== shape.join()) {
      throw otherShape(source, target, parameter, tensor);
    } else {
      const rescaled = config && rescale(tensor, place?.plainName ?? name, config, target);
      weights.set(name, rescaled?.tensor ?? tensor);
      const reason = nameInSource === name ? sameName : `from ${nameInSource} of the file`;
      const unchanged = { name, fate: 'copied', reason } as const;
      const changed = rescaled && ({ name, fate: 'rescaled', reason: rescaled.reason } as const);
      fates.push(changed ?? changes.get(nameInSource) ?? unchanged);
    }
  }
  if (fates.every(({ fate }) => fate === 'initialized')) {
    throw inputError(
      `initial weights: got no tensor that fits ${target.model}, expected at least one; choose weights of ` +
        `${titleOf(partsOf(target.model).backbone)} or of an FCN on it`,
    );
  }
  for (const name of source.weights.keys()) {
    if (!used.has(name)) fates.push({ name, fate: 'dropped', reason: `not part of ${target.model}` });
  }
  fates.push(...[...changes.values()].filter(({ fate }) => fate === 'dropped'));
  return { weights, fates };
}

function checkBackbone(found: BackboneName, { model }: Architecture): void {
  const { backbone, head } = partsOf(model);
  if (found === backbone) return;
  const suitable = modelNames.find((name) => partsOf(name).backbone === found && partsOf(name).head === head);
  const advice = suitable ? `use --model ${suitable}, or` : 'choose';
  throw inputError(
    `initial weights: got ${titleOf(found)}, expected ${titleOf(backbone)} for ${model}; ` +
      `${advice} weights of ${titleOf(backbone)}`,
  );
}

/**
 * The weights of a score layer whose input the target multiplies by another factor than the source (FCN-8s at once):
 * w' f' = w f.
 */
function rescale(
  { shape, data }: Tensor<'float32'>,
  name: string,
  source: ModelConfig,
  target: Architecture,
): { tensor: Tensor<'float32'>; reason: string } | undefined {
  const layer = name.replace(/\.weight$/, '');
  const [from, to] = [skipFactor(source.model, layer), skipFactor(target.model, layer)];
  if (from === to) return undefined;
  const tensor = allocate('float32', shape);
  // The factors as the graphs hold them.
  const ratio = Math.fround(from) / Math.fround(to);
  for (let i = 0; i < data.length; i++) tensor.data[i] = data[i]! * ratio;
  const reason = `${target.model} scales its input by ${to}, ${source.model} by ${from}`;
  return { tensor, reason };
}

/** The parameters whose shape depends on the number of classes: score layers and deconvolutions. */
function classParameters(target: Architecture, parameters: readonly Parameter[]): Set<string> {
  const more = target.heads?.map(({ name, classes }) => ({ name, classes: [...classes, 'one more'] }));
  const other = parametersOf({ ...target, numClasses: target.numClasses + 1, heads: more });
  const differing = parameters.filter(({ shape }, i) => shape.join() !== other[i]!.shape.join());
  return new Set(differing.map(({ name }) => name));
}

/** Why scores do not fit though the classes are the same: DeepLab and FCN make them of different features. */
function headDifference(source: ModelConfig, { model }: Architecture): string | undefined {
  const isDeeplab = (name: ModelName) => partsOf(name).head === 'deeplabv3';
  if (isDeeplab(source.model) === isDeeplab(model)) return undefined;
  return `${source.model} makes its scores from other features`;
}

function otherShape(
  source: TransplantSource,
  target: Architecture,
  { name, shape }: Parameter,
  tensor: Tensor,
): Error {
  const { width } = 'config' in source ? source.config : source;
  const headWidth = 'config' in source ? source.config.headWidth : undefined;
  if (headWidth !== undefined && headWidth !== target.headWidth) {
    return inputError(
      `initial weights: got a head of width ${headWidth} on a backbone of width ${width}, expected one as wide as the backbone; ` +
        `use --model ${finestOn(partsOf(target.model).backbone)}, which has a head of its own`,
    );
  }
  return inputError(
    `initial weights: got width ${width} (${name} of shape [${tensor.shape.join(', ')}]), expected width ` +
      `${target.width} ([${shape.join(', ')}]); use --width ${width}, or weights of width ${target.width}`,
  );
}

function otherChannels(found: number, expected: number): Error {
  return inputError(
    `initial weights: got a network for images of ${counted(found, 'channel')}, expected one for ${expected} or for RGB; train on images of as ` +
      `many (--channels ${found}), or choose other weights`,
  );
}
