import { inputError } from '../base/errors.ts';
import { fixed, type Value } from '../engine/graph/graph.ts';
import { add } from '../engine/operators/arithmetic.ts';
import { concatenate } from '../engine/operators/concatenate.ts';
import { dropout } from '../engine/operators/dropout.ts';
import {
  batchNormalizationLayer,
  convolutionLayer,
  type NormalizationMode,
} from '../engine/operators/layers.ts';
import { localResponseNormalization } from '../engine/operators/local-response-normalization.ts';
import { maxPooling } from '../engine/operators/max-pooling.ts';
import { relu } from '../engine/operators/relu.ts';
import { relu6 } from '../engine/operators/relu6.ts';
import type { Construction } from '../engine/parameters/parameter.ts';
import { type Alignment, alignmentAfterWindow } from './alignment.ts';
import { type ConvolutionLayer, type Layer, scaledChannels } from './backbones/layers.ts';

/** A feature map and where its pixels lie in the image. */
export interface FeatureMap {
  readonly value: Value; // [N, C, H, W]
  readonly at: Alignment;
}

export interface FeatureOptions {
  readonly width: number;
  /** How each batch normalization is computed; default: all are folded into the convolutions (fold-normalization.ts). */
  readonly normalization?: (name: string) => NormalizationMode;
  /** 0, the default, for evaluation; else each dropout layer has a mask as an input: `drop6.mask` (see maskShapes). */
  readonly dropoutRate?: number;
}

/** The result of every layer by its name, and that of the last. */
export interface Features {
  readonly last: FeatureMap;
  readonly byLayer: ReadonlyMap<string, FeatureMap>;
}

/** Emits the layers of a backbone, one after the other. */
export function buildFeatures(
  construction: Construction,
  layers: readonly Layer[],
  input: FeatureMap,
  options: FeatureOptions,
): Features {
  const { graph } = construction;
  const byLayer = new Map<string, FeatureMap>();
  const sequence = (sequenceLayers: readonly Layer[], start: FeatureMap): FeatureMap =>
    sequenceLayers.reduce((x, layer) => {
      const y = graph.within(layer.name, () => apply(layer, x));
      byLayer.set(layer.name, y);
      return y;
    }, start);

  const apply = (layer: Layer, x: FeatureMap): FeatureMap => {
    switch (layer.kind) {
      case 'convolution': {
        const channels = scaledChannels(layer.channels, options.width);
        const { value, at } = convolve(construction, x, { ...layer, channels }, options.normalization);
        return { value: activate(layer.activation, value), at };
      }
      case 'pooling':
        return {
          value: maxPooling(graph, x.value, layer),
          at: alignmentAfterWindow({ ...layer, padBefore: layer.pad }, x.at),
        };
      case 'normalization':
        return { value: localResponseNormalization(graph, x.value, layer), at: x.at };
      case 'dropout': {
        const { dropoutRate = 0 } = options;
        if (dropoutRate === 0) return x;
        const mask = graph.input(`${construction.prefix}${layer.name}.mask`, 'uint8', x.value.shape);
        return { value: dropout(graph, x.value, mask, { rate: dropoutRate }), at: x.at };
      }
      case 'branches': {
        const results = layer.branches.map((branch) => sequence(branch, x));
        const value = concatenate(
          graph,
          results.map((result) => result.value),
        );
        return { value, at: common(layer.name, results) };
      }
      case 'residual': {
        const result = sequence(layer.layers, x);
        const shortcut = layer.shortcut ? sequence([layer.shortcut], x) : x;
        const sum = add(graph, shortcut.value, result.value);
        return {
          value: activate(layer.activation ?? 'none', sum),
          at: common(layer.name, [shortcut, result]),
        };
      }
    }
  };
  const activate = (activation: ConvolutionLayer['activation'], value: Value): Value => {
    if (activation === 'none') return value;
    return activation === 'relu' ? relu(graph, value) : relu6(graph, value);
  };

  return { last: sequence(layers, input), byLayer };
}

type Convolution = Omit<ConvolutionLayer, 'kind' | 'activation'>;

/** Emits a convolution with its parameters and the normalization behind it, without its activation. */
export function convolve(
  construction: Construction,
  x: FeatureMap,
  layer: Convolution,
  modeOf?: FeatureOptions['normalization'],
): FeatureMap {
  const { name, channels, kernel, stride, pad, dilation, normalization, initialization } = layer;
  const channelsIn = fixed(x.value.shape[1]);
  const groups = layer.groups === 'depthwise' ? channelsIn : layer.groups;
  if (channels % groups !== 0 || channelsIn % groups !== 0) {
    throw inputError(
      `width: got a width that gives ${name} ${channelsIn} to ${channels} channels, expected multiples of its ${groups} ` +
        'groups; choose another width',
    );
  }
  const mode = normalization && modeOf?.(normalization);
  const settings = { channels, kernel, pad, stride, dilation, groups, bias: !mode, initialization };
  const filtered = convolutionLayer(construction, x.value, name, settings);
  const value = mode ? batchNormalizationLayer(construction, filtered, normalization, mode) : filtered;
  const span = dilation * (kernel - 1);
  return { value, at: alignmentAfterWindow({ kernel: span + 1, stride, padBefore: pad[0] }, x.at) };
}

/** The alignment that all maps have. */
function common(layer: string, [first, ...others]: readonly FeatureMap[]): Alignment {
  const odd = others.find(({ at }) => at.stride !== first!.at.stride || at.origin !== first!.at.origin);
  if (odd) throw new Error(`${layer}: joins maps at different positions in the image`);
  return first!.at;
}
