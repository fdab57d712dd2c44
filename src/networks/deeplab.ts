import type { Value } from '../engine/graph/graph.ts';
import { concatenate } from '../engine/operators/concatenate.ts';
import { globalAveragePooling } from '../engine/operators/global-average-pooling.ts';
import { relu } from '../engine/operators/relu.ts';
import { spread } from '../engine/operators/spread.ts';
import type { Construction } from '../engine/parameters/parameter.ts';
import { convolutionLayer, scaledChannels } from './backbones/layers.ts';
import { convolve, type FeatureMap } from './features.ts';

/** Of each layer between the features and the scores, in a head of width 1. */
export const deeplabHeadChannels = 256;

/** The layers of the head that compute on maps, between the backbone and the scores. */
export const deeplabMapLayers = ['aspp0', 'concat_projection'] as const;

/**
 * What is scored of DeepLabv3 as MobileNetV2 has it (Chen et al. 2017, section 3.3, without the spread 3x3 branches; Sandler et al.
 * 2018, section 6.3; research/deeplab in github.com/tensorflow/models): the average of the features over the image beside a 1x1
 * convolution of them, projected together. What the average adds is the same at every pixel: what there is in the image. The scores are
 * enlarged bilinearly (network.ts). Batch normalization is folded into the convolutions.
 * @param width of the head: narrow networks of research/deeplab have heads of full width
 * @param features of the backbone
 */
export function deeplabFeatures(construction: Construction, width: number, features: FeatureMap): FeatureMap {
  const { graph } = construction;
  const layer = (name: string, value: Value): Value =>
    graph.within(name, () => {
      const channels = scaledChannels(deeplabHeadChannels, width);
      const settings = convolutionLayer(name, channels, 1);
      return relu(graph, convolve(construction, { value, at: features.at }, settings).value);
    });

  const pooled = layer('image_pooling', globalAveragePooling(graph, features.value));
  const local = layer('aspp0', features.value);
  const both = concatenate(graph, [spread(graph, pooled, local), local]);
  return { value: layer('concat_projection', both), at: features.at };
}
