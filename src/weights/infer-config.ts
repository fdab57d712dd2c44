import { counted } from '../base/counted.ts';
import { inputError } from '../base/errors.ts';
import { sizeOf, type Tensor } from '../base/tensor.ts';
import { siftFlowClasses } from '../data/datasets/papers/sift-flow-classes.ts';
import { vocClasses } from '../data/datasets/voc-classes.ts';
import { type InputConfig, type InputPreset, inputPresets } from '../data/input-config.ts';
import { initializeParameter } from '../engine/parameters/initialize.ts';
import type { Parameter } from '../engine/parameters/parameter.ts';
import { backboneOf, backbones } from '../networks/backbones/backbones.ts';
import { type ConvolutionLayer, convolutionsOf, scaledChannels } from '../networks/backbones/layers.ts';
import { deeplabHeadChannels } from '../networks/deeplab.ts';
import { deconvolutionModes, type ModelConfig } from '../networks/model-config.ts';
import {
  type BackboneName,
  type Head,
  type ModelName,
  modelNames,
  partsOf,
} from '../networks/model-names.ts';
import type { Architecture } from '../networks/network.ts';
import { parametersOf } from '../networks/parameters.ts';
import { recognizeBackbone } from './recognize-backbone.ts';

/** What the tensors of a network cannot tell. */
export interface Assumptions {
  /** Needed for a network whose layers are those of another: fcn8s-atonce looks like fcn8s, the default. */
  readonly model?: ModelName | undefined;
  /** How the weights want their input. Default: as the tool does by whose names the tensors go. */
  readonly input?: InputPreset | undefined;
  /** Takes `assumed` of what is read (as-model.ts). */
  readonly onAssumed?: ((line: string) => void) | undefined;
}

type Tensors = ReadonlyMap<string, Tensor>;

/**
 * The configuration of a network whose file does not state it: the network by its score and deconvolution layers, the
 * number of classes and the width by shapes, fixed deconvolutions by their values. Shapes are not checked beyond that.
 * @param what names the file in messages.
 * @throws FcnError when a tensor that would tell is missing.
 */
export function inferConfig(
  tensors: Tensors,
  what: string,
  { model, input = inputPresets.caffe }: { readonly model?: ModelName; readonly input?: InputConfig } = {},
): ModelConfig {
  const numClasses = channelsOf(tensors, 'score_fr', what);
  if (numClasses < 1 || numClasses > 255) {
    throw inputError(`${what}: got ${numClasses} classes by score_fr.weight, expected 1 to 255`);
  }
  const backbone = recognizeBackbone(tensors);
  const found = model ?? inferModel(tensors, backbone);
  const width = inferWidth(tensors, convolutionsOf(backboneOf(found).layers), what);
  const heads = inferHeads(tensors, what);
  const headWidth = inferHeadWidth(tensors, found, width, what);
  const architecture = {
    ...{ model: found, numClasses, width, input },
    ...(heads && { heads }),
    ...(headWidth !== undefined && { headWidth }),
  };
  return {
    ...architecture,
    deconvolution: inferDeconvolution(tensors, architecture),
    ...(tensors.has('score_aux.weight') && { auxiliary: true }),
    classes:
      heads?.[0]?.classes ??
      (numClasses === vocClasses.length ? [...vocClasses] : Array.from({ length: numClasses }, unknownClass)),
  };
}

/** That of DeepLab's head, where it is not as wide as the backbone. */
function inferHeadWidth(tensors: Tensors, model: ModelName, width: number, what: string): number | undefined {
  if (partsOf(model).head !== 'deeplabv3') return undefined;
  const channels = channelsOf(tensors, 'image_pooling', what);
  return channels === scaledChannels(deeplabHeadChannels, width) ? undefined : channels / deeplabHeadChannels;
}

/** The heads of a network whose further ones have score layers of their names; undefined where there are none such. */
function inferHeads(tensors: Tensors, what: string): ModelConfig['heads'] {
  const further = [...tensors.keys()].flatMap(
    (name) => /^score_fr_([a-z][a-z0-9]*)\.weight$/.exec(name)?.[1] ?? [],
  );
  if (further.length === 0) return undefined;
  const known: Readonly<Record<string, readonly string[]>> = siftFlowClasses;
  const headOf = (name: string, layer: string) => {
    const count = channelsOf(tensors, layer, what);
    const isKnown = known[name]?.length === count;
    return { name, classes: isKnown ? [...known[name]!] : Array.from({ length: count }, unknownClass) };
  };
  return [headOf('semantic', 'score_fr'), ...further.map((name) => headOf(name, `score_fr_${name}`))];
}

/** The name of a class that a file does not name. */
export function unknownClass(_: unknown, index: number): string {
  return `class ${index}`;
}

/** By the layers that only the finer networks have. */
function inferModel(tensors: Tensors, backbone: BackboneName): ModelName {
  const head = inferHead(tensors, backbone);
  const isIt = (model: ModelName) => partsOf(model).head === head && partsOf(model).backbone === backbone;
  return modelNames.find(isIt)!;
}

function inferHead(tensors: Tensors, backbone: BackboneName): Head {
  if (tensors.has('concat_projection.weight')) return 'deeplabv3';
  const { skips } = backbones[backbone];
  if (tensors.has('head_conv.weight')) return 'fcn';
  if (!skips) return 'fcn32s';
  const hasAny = (...layers: string[]) => layers.some((layer) => tensors.has(`${layer}.weight`));
  if (hasAny(`score_${skips.stride8}`, `upscore_${skips.stride16}`, 'upscore8')) return 'fcn8s';
  return hasAny(`score_${skips.stride16}`, 'upscore2', 'upscore16') ? 'fcn16s' : 'fcn32s';
}

/**
 * The width that gives every convolution of a backbone its number of channels: one of at most three decimals, as people
 * write them, or else the simplest fraction.
 * @throws FcnError when there is none, or when a convolution is missing and `partial` does not allow that.
 */
export function inferWidth(
  tensors: Tensors,
  convolutions: readonly ConvolutionLayer[],
  what: string,
  { partial = false } = {},
): number {
  let low = 0;
  let high = Number.POSITIVE_INFINITY;
  for (const layer of convolutions) {
    if (partial && !tensors.has(`${layer.name}.weight`)) continue;
    const channels = channelsOf(tensors, layer.name, what);
    // Channels times width are rounded half up, and never below 1.
    if (channels > 1) low = Math.max(low, (channels - 0.5) / layer.channels);
    high = Math.min(high, (channels + 0.5) / layer.channels);
    if (low >= high) {
      throw inputError(
        `${what}: got ${counted(channels, 'channel')} in ${layer.name}.weight, expected ${layer.channels} scaled by the same ` +
          'width as in the layers before it',
      );
    }
  }
  // Any layer can tell two widths apart only if they differ by about 1 / 4096.
  const denominators = Array.from({ length: 8192 }, (_, i) => i + 1);
  const ofDecimals = denominators.filter((denominator) => 1000 % denominator === 0);
  for (const denominator of [...ofDecimals, ...denominators]) {
    const width = Math.max(1, Math.ceil(low * denominator)) / denominator;
    if (width < high) return checkGroups(width, convolutions, what);
  }
  return checkGroups((low + high) / 2, convolutions, what);
}

/** AlexNet's grouped convolutions, and the one before each, must divide into its groups. */
function checkGroups(width: number, layers: readonly ConvolutionLayer[], what: string): number {
  layers.forEach(({ name, groups }, i) => {
    if (groups === 'depthwise' || groups === 1) return;
    const uneven = [layers[i - 1]!, layers[i]!].find(
      ({ channels }) => scaledChannels(channels, width) % groups !== 0,
    );
    if (uneven) {
      throw inputError(
        `${what}: got ${counted(scaledChannels(uneven.channels, width), 'channel')} of ${uneven.name} by width ${width}, expected a ` +
          `multiple of ${groups}, the groups of ${name}; choose another file`,
      );
    }
  });
  return width;
}

/** The mode that fixes most among those whose fixed deconvolutions are the bilinear ones in the file. */
function inferDeconvolution(
  tensors: Tensors,
  architecture: Omit<Architecture, 'deconvolution'>,
): ModelConfig['deconvolution'] {
  return deconvolutionModes.find((deconvolution) =>
    parametersOf({ ...architecture, deconvolution })
      .filter(({ learned, initialization }) => !learned && initialization === 'bilinear')
      .every((parameter) => isBilinear(parameter, tensors.get(parameter.name))),
  )!;
}

function isBilinear(parameter: Parameter, tensor: Tensor | undefined): boolean {
  if (tensor?.data.length !== sizeOf(parameter.shape)) return false;
  return initializeParameter(parameter, 0).data.every((value, i) => value === tensor.data[i]);
}

/** Output channels of a convolution. */
function channelsOf(tensors: Tensors, layer: string, what: string): number {
  const channels = tensors.get(`${layer}.weight`)?.shape[0];
  if (channels === undefined) {
    throw inputError(
      `${what}: got no metadata and no tensor ${layer}.weight, expected one of them to identify the network; ` +
        'choose a weights file of an FCN',
    );
  }
  return channels;
}
