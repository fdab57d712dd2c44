import { inputError } from '../base/errors.ts';
import { allocate, type Tensor } from '../base/tensor.ts';
import { backbones } from '../networks/backbones/backbones.ts';
import { convolutionsOf } from '../networks/backbones/layers.ts';
import type { ModelConfig } from '../networks/model-config.ts';
import { type BackboneName, type ModelName, modelNames, partsOf } from '../networks/model-names.ts';
import { parametersOf } from '../networks/parameters.ts';
import { skipFactor } from '../networks/skips.ts';
import { backboneTitles } from './backbone-titles.ts';
import type { ParameterFate } from './fates.ts';
import { type Assumptions, inferConfig, inferWidth } from './infer-config.ts';
import { inferInput } from './infer-input.ts';
import { checkWeights, type Model } from './model.ts';
import { nameOfLayer } from './names/name-of-layer.ts';
import { refuseOtherNetworks } from './other-networks.ts';
import { quote } from './quote.ts';
import { recognizeBackbone } from './recognize-backbone.ts';
import type { WeightSource } from './source.ts';

/** A classifier made convolutional, or a part of it, without the layer whose outputs are its classes. */
export interface Backbone {
  readonly backbone: BackboneName;
  readonly input: ModelConfig['input'];
  readonly width: number;
  readonly weights: Map<string, Tensor<'float32'>>;
  /** What was left out: `classifier.weight` and `classifier.bias`, as far as the file has them. */
  readonly classifier: ReadonlyMap<string, Tensor<'float32'>>;
}

/** What a file holds, and which of its tensors were more than renamed to become that. */
export type Adapted = (Model | Backbone) & { readonly changes: readonly ParameterFate[] };

/** The preprocessing that a network or a backbone expects. */
export function preprocessingOf(network: Model | Backbone): ModelConfig['input'] {
  return 'config' in network ? network.config.input : network.input;
}

type Tensors = Map<string, Tensor<'float32'>>;

/**
 * Makes a network, or a backbone, of what some tool wrote: VGG-16 by torchvision, timm or Caffe and AlexNet by Caffe,
 * their classifiers' matrices reshaped to convolutions (Long et al. 2015, section 3.1), SqueezeNet by torchvision, Caffe
 * or Deep Compression, MobileNetV2 by TensorFlow Lite; and FCNs on them by this program, in the usual PyTorch way, or by
 * the reference implementation in Caffe. Tensors are renamed and reshaped, not copied.
 * @throws FcnError naming the file when it holds another network, or tensors of other shapes.
 */
export function asModel(source: WeightSource, assumptions: Assumptions = {}): Adapted {
  const what = `weights ${source.file}`;
  if (source.config) {
    return { config: source.config, weights: checkWeights(source.tensors, source.config, what), changes: [] };
  }
  refuseOtherNetworks(source.tensors, what);
  const backbone = recognizeBackbone(source.tensors);
  if (assumptions.model && partsOf(assumptions.model).backbone !== backbone) {
    throw inputError(
      `${what}: got ${backboneTitles[backbone]}, expected ${backboneTitles[partsOf(assumptions.model).backbone]} for ` +
        `${assumptions.model}; name another model, or choose another file`,
    );
  }
  const changes: ParameterFate[] = [];
  const { renamed, classifier } = rename(source.tensors, backbone, what, changes);
  const convolutional = reshapeClassifier(renamed, backbone, what, changes);
  const input = inferInput(source.tensors, backbone, assumptions.input);
  if (!convolutional.has('score_fr.weight')) {
    return { ...asBackbone(convolutional, backbone, what, changes), input, classifier, changes };
  }

  const model = assumptions.model ?? (convolutional.has('scale_pool4.weight') ? 'fcn8s-atonce' : undefined);
  const config = inferConfig(convolutional, what, { input, ...(model && { model }) });
  const tensors = withoutScales(withoutZeroBiases(convolutional, changes), config.model, what, changes);
  return { config, weights: checkWeights(tensors, config, what), changes };
}

/** Why a classifier's last layer is dropped. */
const ownClasses = "the classifier's own classes";

function rename(
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

/**
 * A fully connected layer is a convolution whose kernel covers its whole input: the same numbers in the same order. On
 * VGG-16 fc6 sees a map of 7x7, what five poolings leave of 224x224: [O, C * 7 * 7] -> [O, C, 7, 7].
 */
function reshapeClassifier(
  tensors: Tensors,
  backbone: BackboneName,
  what: string,
  changes: ParameterFate[],
): Tensors {
  const reshaped = new Map(tensors);
  const connected = convolutionsOf(backbones[backbone].layers).filter(({ name }) => name.startsWith('fc'));
  for (const { name: layer, kernel } of connected) {
    const name = `${layer}.weight`;
    const matrix = tensors.get(name);
    if (matrix?.shape.length !== 2) continue;
    const [outputs, inputs] = matrix.shape as [number, number];
    if (inputs % kernel ** 2 !== 0) {
      throw inputError(
        `${what}: got ${name} [${outputs}, ${inputs}], expected channels times ${kernel}x${kernel} inputs; ` +
          `choose the ${backboneTitles[backbone]} that was published`,
      );
    }
    reshaped.set(name, { ...matrix, shape: [outputs, inputs / kernel ** 2, kernel, kernel] });
    changes.push({ name, fate: 'reshaped', reason: "the classifier's matrix as a convolution" });
  }
  return reshaped;
}

function asBackbone(
  tensors: Tensors,
  backbone: BackboneName,
  what: string,
  changes: ParameterFate[],
): Pick<Backbone, 'backbone' | 'width' | 'weights'> {
  const title = backboneTitles[backbone];
  // Any model and number of classes: the layers before the scores are the same in all.
  const model = modelNames.find((name) => partsOf(name).backbone === backbone)!;
  const parametersFor = (width: number) =>
    parametersOf({ model, numClasses: 1, width, deconvolution: 'fixed' }).filter(
      ({ name }) => !/score/.test(name),
    );
  const names = parametersFor(1).map(({ name }) => name);
  if (!names.some((name) => tensors.has(name))) {
    const first = [...tensors.keys()][0];
    throw inputError(
      `${what}: got no metadata and no tensor score_fr.weight or conv1_1.weight` +
        `${first === undefined ? '' : ` (the first is ${quote(first)})`}, expected a part of VGG-16, AlexNet, SqueezeNet or MobileNetV2, or an ` +
        'FCN on one of them; choose such a file',
    );
  }
  const width = inferWidth(tensors, backbone, what, { partial: true });
  const weights: Tensors = new Map();
  for (const { name, shape } of parametersFor(width)) {
    const tensor = tensors.get(name);
    if (tensor === undefined) continue;
    if (tensor.shape.join() !== shape.join()) {
      throw inputError(
        `${what}: got ${name} [${tensor.shape.join(', ')}], expected [${shape.join(', ')}] for ${title} of width ${width}; ` +
          `choose ${title} as it was published`,
      );
    }
    weights.set(name, tensor);
  }
  for (const name of tensors.keys()) {
    if (!weights.has(name)) changes.push({ name, fate: 'dropped', reason: `no place in ${title}` });
  }
  return { backbone, width, weights };
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
