import { vgg16 } from '../models/vgg16.ts';

/** Our name of a layer that other tools name differently, or why it has no place here. */
export type LayerName = { readonly name: string } | { readonly dropped: string };

/** Why a classifier's last layer is dropped. */
const ownClasses = "the classifier's own classes";

/**
 * torchvision's VGG-16 numbers its modules: a convolution and its ReLU are two, a pooling is one; the classifier is
 * Linear, ReLU, Dropout, Linear, ReLU, Dropout, Linear. timm makes the classifier's first two layers convolutions.
 */
const torchvisionLayers = new Map<string, LayerName>([
  ...torchvisionFeatures(),
  ['classifier.0', { name: 'fc6' }],
  ['classifier.3', { name: 'fc7' }],
  ['classifier.6', { dropped: ownClasses }],
  ['pre_logits.fc1', { name: 'fc6' }],
  ['pre_logits.fc2', { name: 'fc7' }],
  ['head.fc', { dropped: ownClasses }],
]);

function torchvisionFeatures(): [string, LayerName][] {
  const features: [string, LayerName][] = [];
  let index = 0;
  for (const layer of vgg16.layers) {
    if (layer.kind === 'convolution' && layer.name.startsWith('conv')) {
      features.push([`features.${index}`, { name: layer.name }]);
      index += 2;
    } else if (layer.kind === 'pooling') {
      index += 1;
    }
  }
  return features;
}

/** Layers of the Caffe FCNs of 2014 (`score-fr`, `score2`) that were called otherwise later. */
const oldCaffeLayers: Readonly<Record<string, string>> = { score2: 'upscore2', score4: 'upscore_pool4' };

/** The final deconvolution of 2014, in each of the networks, by its kernel. */
const finalDeconvolutions: Readonly<Record<number, string>> = {
  64: 'upscore',
  32: 'upscore16',
  16: 'upscore8',
};

/** Whether the layers are named as in torchvision, whose preprocessing then belongs to the weights. */
export function isTorchvisionLayer(layer: string): boolean {
  return torchvisionLayers.has(layer) || layer.startsWith('features.');
}

/** Our name of a layer of VGG-16 or an FCN on it, by torchvision, timm or Caffe; any other name is left as it is. */
export function nameOfLayer(layer: string, weightShape: readonly number[] | undefined): LayerName {
  const torchvision = torchvisionLayers.get(layer);
  if (torchvision) return torchvision;
  if (layer === 'fc8') return { dropped: ownClasses };
  // The networks for SIFT Flow score semantic and geometric classes; ours are the semantic ones.
  if (/^(up)?score\w*_geo$/.test(layer)) return { dropped: 'geometric classes, not semantic ones' };
  const name = layer.replaceAll('-', '_').replace(/_sem$/, '');
  const final = /^(bigscore|upsample)$/.test(name) ? finalDeconvolutions[weightShape?.[2] ?? 0] : undefined;
  return { name: final ?? oldCaffeLayers[name] ?? name };
}
