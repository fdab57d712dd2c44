import { type BackboneLayers, convolutionsOf, type Layer } from '../../networks/backbones/layers.ts';
import { squeezenet } from '../../networks/backbones/squeezenet.ts';
import { vgg16, vgg19 } from '../../networks/backbones/vgg.ts';
import type { BackboneName } from '../../networks/model-names.ts';
import type { LayerName } from './layer-name.ts';

/** The layers of torchvision's FCNs on a ResNet (models/segmentation/fcn.py), whose backbone is named as ours. */
export const fcnLayers: ReadonlyMap<string, string> = new Map([
  ...[
    ['classifier.0', 'head_conv'],
    ['classifier.1', 'head_bn'],
    ['classifier.4', 'score_fr'],
  ],
  ...[
    ['aux_classifier.0', 'aux_conv'],
    ['aux_classifier.1', 'aux_bn'],
    ['aux_classifier.4', 'score_aux'],
  ],
] as [string, string][]);

const resnet = new Map<string, LayerName>([
  ['fc', { classifier: true }],
  ...[...fcnLayers].map(([theirs, name]) => [theirs, { name }] as const),
]);

/**
 * torchvision's classifiers number their modules (torchvision/models/vgg.py and squeezenet.py): a convolution and its
 * ReLU are two, a pooling or a fire module is one. The classifier of VGG is Linear, ReLU, Dropout, Linear, ReLU,
 * Dropout, Linear, that of SqueezeNet Dropout, Conv2d. timm makes the first two layers of VGG's convolutions.
 */
export const torchvisionLayers: Partial<Record<BackboneName, ReadonlyMap<string, LayerName>>> = {
  vgg16: vgg(vgg16),
  vgg19: vgg(vgg19),
  squeezenet: new Map<string, LayerName>([
    ...features(squeezenet.layers),
    ['classifier.1', { classifier: true }],
  ]),
  resnet50: resnet,
  resnet101: resnet,
};

function vgg({ layers }: BackboneLayers): ReadonlyMap<string, LayerName> {
  return new Map<string, LayerName>([
    ...features(layers),
    ['classifier.0', { name: 'fc6' }],
    ['classifier.3', { name: 'fc7' }],
    ['classifier.6', { classifier: true }],
    ['pre_logits.fc1', { name: 'fc6' }],
    ['pre_logits.fc2', { name: 'fc7' }],
    ['head.fc', { classifier: true }],
  ]);
}

/** Layers up to the classifier. A fire module `fire2` holds `squeeze`, `expand1x1` and `expand3x3`. */
function features(layers: readonly Layer[]): [string, LayerName][] {
  const names: [string, LayerName][] = [];
  let index = 0;
  for (const layer of layers) {
    if (layer.kind === 'convolution' && layer.name.startsWith('conv')) {
      names.push([`features.${index}`, { name: layer.name }]);
      index += 2;
    } else if (layer.kind === 'branches') {
      names.push([`features.${index}.squeeze`, { name: `${layer.name}_squeeze1x1` }]);
      for (const { name } of convolutionsOf([layer])) {
        names.push([`features.${index}.${name.slice(layer.name.length + 1)}`, { name }]);
      }
      index += 1;
    } else if (layer.kind === 'pooling') {
      index += 1;
    }
  }
  return names;
}

/** Whether the layers are named as in torchvision, whose preprocessing then belongs to the weights. */
export function isTorchvisionLayer(layer: string): boolean {
  return (
    layer.startsWith('features.') || Object.values(torchvisionLayers).some((layers) => layers.has(layer))
  );
}
