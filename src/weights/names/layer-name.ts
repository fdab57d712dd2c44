import type { BackboneName } from '../../networks/model-names.ts';
import { caffeName } from './caffe.ts';
import { tensorflowName } from './tensorflow.ts';
import { torchvisionLayers } from './torchvision.ts';

/**
 * Our name of a layer that other tools name differently, or why it has no place here, or that it is the classifier's
 * last, whose outputs are the classifier's own classes.
 */
export type LayerName =
  | { readonly name: string }
  | { readonly dropped: string }
  | { readonly classifier: true };

/** Our name of a layer of a network, by torchvision, timm, TensorFlow or Caffe; any other name is left as it is. */
export function nameOfLayer(
  backbone: BackboneName,
  layer: string,
  weightShape: readonly number[] | undefined,
): LayerName {
  return (
    torchvisionLayers[backbone]?.get(layer) ??
    tensorflowName(layer) ??
    caffeName(backbone, layer, weightShape)
  );
}
