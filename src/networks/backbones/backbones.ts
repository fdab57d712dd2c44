import type { BackboneName, ModelName } from '../model-names.ts';
import { partsOf } from '../model-names.ts';
import { alexnet } from './alexnet.ts';
import { googlenet } from './googlenet.ts';
import { type BackboneLayers, convolutionsOf, type DilatedLayers, type Layer } from './layers.ts';
import { mobilenetv2, mobilenetv2AtStride16 } from './mobilenetv2.ts';
import { resnet50, resnet101 } from './resnet.ts';
import { squeezenet } from './squeezenet.ts';
import { vgg16, vgg19 } from './vgg.ts';

export const backbones: Record<BackboneName, BackboneLayers> = {
  ...{ vgg16, vgg19, alexnet, googlenet, squeezenet, mobilenetv2 },
  ...{ resnet50, resnet101 },
};

/** What is under the scores of a network: its layers, and how the scores come to the size of the image. */
export interface NetworkLayers extends Pick<BackboneLayers, 'skips'> {
  readonly layers: readonly Layer[];
  /** See BackboneLayers; `resized`: scores are enlarged bilinearly to the image, their border repeated. */
  readonly margin: BackboneLayers['margin'] | 'resized';
  readonly auxiliary?: DilatedLayers['auxiliary'];
}

/** Whether there is batch normalization in a network. */
export function isNormalized(model: ModelName): boolean {
  return convolutionsOf(backboneOf(model).layers).some(({ normalization }) => normalization !== undefined);
}

/** The classifier under a network, with what its head has besides scores and deconvolutions. */
export function backboneOf(model: ModelName): NetworkLayers {
  const { head, backbone } = partsOf(model);
  if (head === 'deeplabv3') return mobilenetv2AtStride16;
  const layers = backbones[backbone];
  return head === 'fcn' ? { ...layers.dilated!, margin: 'resized' } : layers;
}
