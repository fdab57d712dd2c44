import { inputError } from '../base/errors.ts';
import type { Tensor } from '../base/tensor.ts';
import { inputPresets } from '../data/input-config.ts';
import { backbones } from '../networks/backbones/backbones.ts';
import { convolutionsOf } from '../networks/backbones/layers.ts';
import type { ModelConfig } from '../networks/model-config.ts';
import { type BackboneName, modelNames, partsOf } from '../networks/model-names.ts';
import { parametersOf } from '../networks/parameters.ts';
import { networksInWords, titleOf } from './backbone-titles.ts';
import { reshapeClassifier, withoutScales, withoutZeroBiases } from './convert-layers.ts';
import type { ParameterFate } from './fates.ts';
import { fuseStreams, splitStreams } from './fused-streams.ts';
import { type Assumptions, inferConfig, inferWidth } from './infer-config.ts';
import { inferInput, inputInWords, isSameInput, nyudInputs, withCount } from './infer-input.ts';
import { checkWeights, type Model } from './model.ts';
import { prefixesOfTwo } from './names/wrappers.ts';
import { refuseOtherNetworks } from './other-networks.ts';
import { quote } from './quote.ts';
import { recognizeBackbone } from './recognize-backbone.ts';
import { renameLayers } from './rename-layers.ts';
import type { Tensors, WeightSource } from './source.ts';
import { twoNetworks } from './two-networks.ts';

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
export type Adapted = (Model | Backbone) & {
  readonly changes: readonly ParameterFate[];
  /** Lines for people about what neither the file nor the caller says: the preprocessing, and which of two networks is meant. */
  readonly assumed: readonly string[];
};

type Unassumed = (Model | Backbone) & Pick<Adapted, 'changes'>;

/** The preprocessing that a network or a backbone expects. */
export function preprocessingOf(network: Model | Backbone): ModelConfig['input'] {
  return 'config' in network ? network.config.input : network.input;
}

/**
 * Makes a network, or a backbone, of what some tool wrote: VGG-16 or 19 by torchvision, timm or Caffe and AlexNet by Caffe,
 * their classifiers' matrices reshaped to convolutions (Long et al. 2015, section 3.1), SqueezeNet by torchvision, Caffe
 * or Deep Compression, MobileNetV2, alone or under DeepLab's head, by TensorFlow Lite; and FCNs on them by this program, in the usual PyTorch way, or by
 * the reference implementation in Caffe. Tensors are renamed and reshaped, not copied.
 * @throws FcnError naming the file when it holds another network, or tensors of other shapes.
 */
export function asModel(source: WeightSource, assumptions: Assumptions = {}): Adapted {
  const what = `weights ${source.file}`;
  const chosen = source.chosen === undefined ? [] : [source.chosen];
  if (source.config) {
    checkInput(source.file, source.config, assumptions);
    const weights = checkWeights(source.tensors, source.config, what);
    return { config: source.config, weights, changes: [], assumed: chosen };
  }
  const adapted = adapt(source, assumptions, what);
  if (assumptions.input) return { ...adapted, assumed: chosen };
  const assumed =
    `${what}: the file does not state its preprocessing, so fcn assumes ${inputInWords(preprocessingOf(adapted))}; ` +
    `--input ${Object.keys(inputPresets).join('|')} sets another`;
  return { ...adapted, assumed: [...chosen, assumed] };
}

function checkInput(file: string, config: ModelConfig, { input }: Assumptions): void {
  if (input === undefined || isSameInput(inputPresets[input], config.input)) return;
  throw inputError(`--input: got ${input}, but ${file} has its own preprocessing; leave --input out`);
}

function adapt(source: WeightSource, assumptions: Assumptions, what: string): Unassumed {
  const streams = splitStreams(source.tensors);
  if (streams) return adaptStreams(source, streams, assumptions, what);
  refuseOtherNetworks(source.tensors, what);
  const backbone = recognizeBackbone(source.tensors);
  if (assumptions.model && partsOf(assumptions.model).backbone !== backbone) {
    throw inputError(
      `${what}: got ${titleOf(backbone)}, expected ${titleOf(partsOf(assumptions.model).backbone)} for ` +
        `${assumptions.model}; choose another model or another file`,
    );
  }
  const changes: ParameterFate[] = (source.outside ?? []).map((name) => ({
    ...{ name, fate: 'dropped', reason: 'not part of the network' },
  }));
  const { renamed, classifier } = renameLayers(source.tensors, backbone, what, changes);
  const convolutional = reshapeClassifier(renamed, backbone, what, changes);
  const first = convolutional.get(`${convolutionsOf(backbones[backbone].layers)[0]!.name}.weight`);
  const input = withCount(inferInput(source.tensors, backbone, assumptions.input), first?.shape[1] ?? 3);
  if (!convolutional.has('score_fr.weight')) {
    return { ...asBackbone(convolutional, backbone, input, what, changes), input, classifier, changes };
  }

  const model = assumptions.model ?? (convolutional.has('scale_pool4.weight') ? 'fcn8s-atonce' : undefined);
  const config = inferConfig(convolutional, what, { input, ...(model && { model }) });
  const tensors = withoutScales(withoutZeroBiases(convolutional, changes), config.model, what, changes);
  return { config, weights: checkWeights(tensors, config, what), changes };
}

function adaptStreams(
  source: WeightSource,
  streams: ReadonlyMap<string, Tensors>,
  assumptions: Assumptions,
  what: string,
): Unassumed {
  const models = new Map<string, Model>();
  const changes: ParameterFate[] = [];
  for (const [name, tensors] of streams) {
    const adapted = adapt({ ...source, tensors }, assumptions, what);
    if (!('config' in adapted))
      throw inputError(`${what}: got no scores in the stream ${name}, expected a whole FCN`);
    const input = assumptions.input ? adapted.config.input : (nyudInputs.get(name) ?? adapted.config.input);
    models.set(name, { ...adapted, config: { ...adapted.config, input } });
    changes.push(...adapted.changes.map((change) => ({ ...change, name: `${name}.${change.name}` })));
  }
  return { ...fuseStreams(models, what), changes };
}

function asBackbone(
  tensors: Tensors,
  backbone: BackboneName,
  input: ModelConfig['input'],
  what: string,
  changes: ParameterFate[],
): Pick<Backbone, 'backbone' | 'width' | 'weights'> {
  const title = titleOf(backbone);
  // Any model and number of classes: the layers before the scores are the same in all.
  const model = modelNames.find((name) => partsOf(name).backbone === backbone)!;
  const parametersFor = (width: number) =>
    parametersOf({ model, numClasses: 1, width, deconvolution: 'fixed', input }).filter(
      ({ name }) => !/score/.test(name),
    );
  const names = parametersFor(1).map(({ name }) => name);
  if (!names.some((name) => tensors.has(name))) {
    const two = prefixesOfTwo(tensors.keys());
    if (two) throw twoNetworks(what, two);
    const first = [...tensors.keys()][0];
    throw inputError(
      `${what}: got no metadata and no tensor score_fr.weight or conv1_1.weight` +
        `${first === undefined ? '' : ` (the first is ${quote(first)})`}, expected a part of ` +
        `${networksInWords}, or an FCN on one of them; choose such a file`,
    );
  }
  const width = inferWidth(tensors, convolutionsOf(backbones[backbone].layers), what, { partial: true });
  const weights: Tensors = new Map();
  for (const { name, shape } of parametersFor(width)) {
    const tensor = tensors.get(name);
    if (tensor === undefined) continue;
    if (tensor.shape.join() !== shape.join()) {
      throw inputError(
        `${what}: got ${name} [${tensor.shape.join(', ')}], expected [${shape.join(', ')}] for ${title} of width ${width}; ` +
          `choose the published ${title}`,
      );
    }
    weights.set(name, tensor);
  }
  for (const name of tensors.keys()) {
    if (!weights.has(name)) changes.push({ name, fate: 'dropped', reason: `not part of ${title}` });
  }
  return { backbone, width, weights };
}
