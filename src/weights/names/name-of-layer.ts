import type { BackboneName } from '../../networks/model-names.ts';
import { caffeName } from './caffe.ts';
import type { LayerName } from './layer-name.ts';
import { tensorflowName } from './tensorflow.ts';
import { torchvisionLayers } from './torchvision.ts';

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
