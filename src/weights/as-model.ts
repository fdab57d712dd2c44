import { inputPresets, type ModelConfig } from '../config/model-config.ts';
import type { ModelName } from '../config/model-names.ts';
import { inputError } from '../errors.ts';
import { skipFactor } from '../models/network.ts';
import { parametersOf } from '../models/parameters.ts';
import { allocate, type Tensor } from '../tensor.ts';
import type { ParameterFate } from './fates.ts';
import { type Assumptions, inferConfig, inferWidth } from './infer-config.ts';
import { checkWeights, type Model } from './model.ts';
import { refuseOtherNetworks } from './other-networks.ts';
import { quote } from './quote.ts';
import type { WeightSource } from './source.ts';
import { isTorchvisionLayer, nameOfLayer } from './vgg16-names.ts';

/** A classifier made convolutional: conv1_1 to fc7 or a part of them, without scores. */
export interface Backbone {
  readonly input: ModelConfig['input'];
  readonly width: number;
  readonly weights: Map<string, Tensor<'float32'>>;
}

/** What a file holds, and which of its tensors were more than renamed to become that. */
export type Adapted = (Model | Backbone) & { readonly changes: readonly ParameterFate[] };

/** The preprocessing that a network or a backbone expects. */
export function preprocessingOf(network: Model | Backbone): ModelConfig['input'] {
  return 'config' in network ? network.config.input : network.input;
}

type Tensors = Map<string, Tensor<'float32'>>;

/**
 * Makes a network, or a backbone, of what some tool wrote: VGG-16 by torchvision, timm or Caffe, its classifier's
 * matrices reshaped to convolutions (Long et al. 2015, section 3.1), and FCNs on it by this program, in the usual
 * PyTorch way, or by the reference implementation in Caffe. Tensors are renamed and reshaped, not copied.
 * @throws FcnError naming the file when it holds another network, or tensors of other shapes.
 */
export function asModel(source: WeightSource, assumptions: Assumptions = {}): Adapted {
  const what = `weights ${source.file}`;
  if (source.config) {
    return { config: source.config, weights: checkWeights(source.tensors, source.config, what), changes: [] };
  }
  refuseOtherNetworks(source.tensors.keys(), what);
  const changes: ParameterFate[] = [];
  const renamed = rename(source.tensors, what, changes);
  const convolutional = reshapeClassifier(renamed, what, changes);
  const known = { ...assumptions, input: assumptions.input ?? inputOf(source) };
  if (!convolutional.has('score_fr.weight')) return asBackbone(convolutional, known, what, changes);

  const model = assumptions.model ?? (convolutional.has('scale_pool4.weight') ? 'fcn8s-atonce' : undefined);
  const config = inferConfig(convolutional, what, { ...known, model });
  const tensors = withoutScales(withoutZeroBiases(convolutional, changes), config.model, what, changes);
  const input = siftFlowInput(source, assumptions) ?? config.input;
  return { config: { ...config, input }, weights: checkWeights(tensors, config, what), changes };
}

/** The tool whose preprocessing belongs to the weights: torchvision trains on RGB, what comes from Caffe on BGR. */
function inputOf({ tensors }: WeightSource) {
  return [...tensors.keys()].some((name) => isTorchvisionLayer(splitName(name).layer))
    ? 'torchvision'
    : 'caffe';
}

/** The reference networks for SIFT Flow subtract the mean of its images (siftflow_layers.py). */
function siftFlowInput({ tensors }: WeightSource, { input }: Assumptions): ModelConfig['input'] | undefined {
  if (input || !tensors.has('score_fr_sem.weight')) return undefined;
  return { ...inputPresets.caffe, mean: [114.578, 115.294, 108.353] };
}

function rename(tensors: Tensors, what: string, changes: ParameterFate[]): Tensors {
  const renamed: Tensors = new Map();
  for (const [fileName, tensor] of tensors) {
    const { layer, parameter } = splitName(fileName);
    const found = nameOfLayer(layer, tensors.get(`${layer}.weight`)?.shape);
    if ('dropped' in found) {
      changes.push({ name: fileName, fate: 'dropped', reason: found.dropped });
      continue;
    }
    const name = `${found.name}${parameter}`;
    if (renamed.has(name)) {
      throw inputError(`${what}: got ${name} under two names, the second ${quote(fileName)}, expected one`);
    }
    renamed.set(name, tensor);
  }
  return renamed;
}

/** `features.0.weight` is `.weight` of the layer `features.0`. */
function splitName(name: string): { layer: string; parameter: string } {
  const dot = name.lastIndexOf('.');
  return dot < 0 ? { layer: name, parameter: '' } : { layer: name.slice(0, dot), parameter: name.slice(dot) };
}

/** Kernels of the fully connected layers: fc6 sees a map of 7x7, what five poolings leave of 224x224. */
const classifierKernels = { fc6: 7, fc7: 1 } as const;

/**
 * A fully connected layer is a convolution whose kernel covers its whole input: the same numbers in the same order.
 * fc6 [O, C * 7 * 7] -> [O, C, 7, 7], fc7 [O, I] -> [O, I, 1, 1]
 */
function reshapeClassifier(tensors: Tensors, what: string, changes: ParameterFate[]): Tensors {
  const reshaped = new Map(tensors);
  for (const [layer, kernel] of Object.entries(classifierKernels)) {
    const name = `${layer}.weight`;
    const matrix = tensors.get(name);
    if (matrix?.shape.length !== 2) continue;
    const [outputs, inputs] = matrix.shape as [number, number];
    if (inputs % kernel ** 2 !== 0) {
      throw inputError(
        `${what}: got ${name} [${outputs}, ${inputs}], expected channels times ${kernel}x${kernel} inputs; ` +
          'choose a VGG-16 that was trained on 224x224',
      );
    }
    reshaped.set(name, { ...matrix, shape: [outputs, inputs / kernel ** 2, kernel, kernel] });
    changes.push({ name, fate: 'reshaped', reason: "the classifier's matrix as a convolution" });
  }
  return reshaped;
}

function asBackbone(
  tensors: Tensors,
  { input = 'caffe' }: Assumptions,
  what: string,
  changes: ParameterFate[],
): Adapted {
  // Any model and number of classes: the layers before the scores are the same in all.
  const parametersFor = (width: number) =>
    parametersOf({ model: 'fcn32s', numClasses: 1, width, deconvolution: 'fixed' }).filter(
      ({ name }) => !/score/.test(name),
    );
  const names = parametersFor(1).map(({ name }) => name);
  if (!names.some((name) => tensors.has(name))) {
    const first = [...tensors.keys()][0];
    throw inputError(
      `${what}: got no metadata and no tensor score_fr.weight or conv1_1.weight` +
        `${first === undefined ? '' : ` (the first is ${quote(first)})`}, expected a part of VGG-16 or an FCN on it; ` +
        'choose such a file',
    );
  }
  const width = inferWidth(tensors, what, { partial: true });
  const weights: Tensors = new Map();
  for (const { name, shape } of parametersFor(width)) {
    const tensor = tensors.get(name);
    if (tensor === undefined) continue;
    if (tensor.shape.join() !== shape.join()) {
      throw inputError(
        `${what}: got ${name} [${tensor.shape.join(', ')}], expected [${shape.join(', ')}] for VGG-16 of width ${width}; ` +
          'choose a VGG-16',
      );
    }
    weights.set(name, tensor);
  }
  for (const name of tensors.keys()) {
    if (!weights.has(name)) changes.push({ name, fate: 'dropped', reason: 'no place in VGG-16' });
  }
  return { input: inputPresets[input], width, weights, changes };
}

/** Deconvolutions have no bias here. One of zeros does nothing. */
function withoutZeroBiases(tensors: Tensors, changes: ParameterFate[]): Tensors {
  return new Map(
    [...tensors].filter(([name, { data }]) => {
      const isZero = /^upscore\w*\.bias$/.test(name) && data.every((value) => value === 0);
      if (isZero) changes.push({ name, fate: 'dropped', reason: 'all zero' });
      return !isZero;
    }),
  );
}

/**
 * The reference network at once scales pools 4 and 3 by layers that are stored with the weights. Here the factors are
 * part of the network; where the file's are others, the score layers take up the quotient.
 */
function withoutScales(tensors: Tensors, model: ModelName, what: string, changes: ParameterFate[]): Tensors {
  const result = new Map(tensors);
  for (const pool of ['pool4', 'pool3'] as const) {
    const scaleName = `scale_${pool}.weight`;
    const scoreName = `score_${pool}.weight`;
    const scales = tensors.get(scaleName);
    const score = tensors.get(scoreName);
    if (!scales || !score) continue;
    const [classes = 0, channels = 0] = score.shape;
    if (scales.data.length !== channels) {
      throw inputError(
        `${what}: got ${scaleName} [${scales.shape.join(', ')}], expected [${channels}], a factor for each channel`,
      );
    }
    result.delete(scaleName);
    changes.push({ name: scaleName, fate: 'dropped', reason: `a part of ${model}` });
    const factor = Math.fround(skipFactor(model, `score_${pool}`));
    if (scales.data.every((scale) => scale === factor)) continue;
    const scaled = allocate('float32', score.shape);
    for (let i = 0; i < classes * channels; i++) {
      scaled.data[i] = (score.data[i]! * scales.data[i % channels]!) / factor;
    }
    result.set(scoreName, scaled);
    changes.push({
      name: scoreName,
      fate: 'rescaled',
      reason: `by scale_${pool} / ${skipFactor(model, `score_${pool}`)}`,
    });
  }
  return result;
}
