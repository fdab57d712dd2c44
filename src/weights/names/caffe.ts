import type { BackboneName } from '../../networks/model-names.ts';
import type { LayerName } from './layer-name.ts';

/** The last layer of a classifier by Caffe: VGG_ILSVRC_16_layers and 19, bvlc_reference_caffenet, squeezenet_v1.0, bvlc_googlenet. */
const classifiers: Partial<Record<BackboneName, string>> = {
  vgg16: 'fc8',
  vgg19: 'fc8',
  alexnet: 'fc8',
  squeezenet: 'conv10',
  googlenet: 'loss3/classifier',
};

/** Layers of the Caffe FCNs of 2014 (`score-fr`, `score2`) that were called otherwise later. */
const oldCaffeLayers: Readonly<Record<string, string>> = { score2: 'upscore2', score4: 'upscore_pool4' };

/** The final deconvolution of 2014, in each of the networks, by its kernel; 63 on AlexNet. */
const finalDeconvolutions: Readonly<Record<number, string>> = {
  64: 'upscore',
  63: 'upscore',
  32: 'upscore16',
  16: 'upscore8',
};

/** Our name of a layer by its name in Caffe, which ours follow; any other name is left as it is. */
export function caffeName(
  backbone: BackboneName,
  layer: string,
  weightShape: readonly number[] | undefined,
): LayerName {
  if (layer === classifiers[backbone]) return { classifier: true };
  if (/^loss[12]\//.test(layer)) return { dropped: 'a side classifier, used only in training' };
  // `fire2/squeeze1x1` in squeezenet_v1.0, `inception_3a/1x1` in bvlc_googlenet.
  const name = layer
    .replaceAll('-', '_')
    .replace(/^(fire\d|inception_\w+|conv\d)\//, '$1_')
    // The networks for SIFT Flow score semantic and geometric classes; the first head has no name in its layers here.
    .replace(/^((?:up)?score\w*)_sem$/, '$1')
    .replace(/^((?:up)?score\w*)_geo$/, '$1_geometric')
    .replace(/^conv1_1_bgrd$/, 'conv1_1'); // nyud-fcn32s-color-d
  const final = /^(bigscore|upsample)$/.test(name) ? finalDeconvolutions[weightShape?.[2] ?? 0] : undefined;
  return { name: final ?? oldCaffeLayers[name] ?? name };
}
