import type { BackboneName, ModelName } from '../model-names.ts';
import { partsOf } from '../model-names.ts';
import { alexnet } from './alexnet.ts';
import type { BackboneLayers } from './layers.ts';
import { mobilenetv2, mobilenetv2AtStride16 } from './mobilenetv2.ts';
import { squeezenet } from './squeezenet.ts';
import { vgg16 } from './vgg16.ts';

export const backbones: Record<BackboneName, BackboneLayers> = { vgg16, alexnet, squeezenet, mobilenetv2 };

/** The classifiers whose last stride is taken back by dilation, for the head that asks for it. */
const dilated: Partial<Record<BackboneName, BackboneLayers>> = { mobilenetv2: mobilenetv2AtStride16 };

/** The classifier under a network. */
export function backboneOf(model: ModelName): BackboneLayers {
  const { head, backbone } = partsOf(model);
  return (head === 'deeplabv3' ? dilated[backbone] : undefined) ?? backbones[backbone];
}
