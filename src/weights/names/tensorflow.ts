import type { LayerName } from './layer-name.ts';

/**
 * TensorFlow's scopes of MobileNetV2 (research/slim/nets/mobilenet/mobilenet_v2.py in github.com/tensorflow/models): the
 * first of several has no number, `expanded_conv_1` is the second block. Then those of DeepLab's head (research/deeplab/model.py).
 */
const scopes: readonly { readonly scope: RegExp; readonly name: (match: RegExpExecArray) => LayerName }[] = [
  { scope: /^MobilenetV2\/Conv$/, name: () => ({ name: 'conv1' }) },
  {
    scope: /^MobilenetV2\/expanded_conv(?:_(\d+))?\/(expand|depthwise|project)$/,
    name: ([, index = '0', part]) => ({ name: `block${Number(index) + 1}_${part}` }),
  },
  { scope: /^MobilenetV2\/Conv_1$/, name: () => ({ name: 'conv18' }) },
  { scope: /^(image_pooling|aspp0|concat_projection)$/, name: ([layer]) => ({ name: layer }) },
  { scope: /^logits\/semantic$/, name: () => ({ name: 'score_fr' }) },
  { scope: /^MobilenetV2\/Logits\/Conv2d_1c_1x1$/, name: () => ({ classifier: true }) },
];

/** Our name of a layer by its TensorFlow scope, if it is one. */
export function tensorflowName(layer: string): LayerName | undefined {
  for (const { scope, name } of scopes) {
    const match = scope.exec(layer);
    if (match) return name(match);
  }
  return undefined;
}

/** Whether the layers are named as in TensorFlow, whose preprocessing then belongs to the weights. */
export function isTensorflowLayer(layer: string): boolean {
  return layer.startsWith('MobilenetV2/');
}
