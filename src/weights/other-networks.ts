import { inputError } from '../base/errors.ts';
import type { Tensor } from '../base/tensor.ts';
import { convolutionsOf } from '../networks/backbones/layers.ts';
import { vgg16 } from '../networks/backbones/vgg16.ts';
import { isTorchvisionLayer, torchvisionLayers } from './names/torchvision.ts';
import { quote } from './quote.ts';
import { recognizeBackbone } from './recognize-backbone.ts';

/** Networks that are often tried, by a tensor that only they have, and what to say of them. */
const others: readonly {
  readonly name: RegExp;
  readonly shape?: string;
  readonly got: string;
  readonly advice: string;
}[] = [
  {
    name: /^backbone\.layer[1-4]\.\d+\./,
    got: "torchvision's FCN or DeepLab on a ResNet",
    advice: "its layers are those of a ResNet and have no place here; start from torchvision's vgg16",
  },
  {
    name: /(^|\.)layer[1-4]\.\d+\./,
    got: 'a ResNet',
    advice: "its layers have no place here; start from torchvision's vgg16",
  },
  {
    name: /^features\.\d+\.conv\.\d+\./,
    got: "torchvision's MobileNetV2",
    advice:
      'it has batch normalization and pads symmetrically, which ours does not; choose mobilenet_v2_1.0_224_quant.tflite',
  },
  {
    name: /^features\.(6|11)\.squeeze\./,
    got: "torchvision's SqueezeNet 1.1",
    advice: 'its layers are others; choose squeezenet1_0',
  },
  {
    name: /^MobilenetV[13]\//,
    got: 'MobileNetV1 or V3',
    advice: 'its blocks have no place here; choose mobilenet_v2_1.0_224_quant.tflite',
  },
  {
    name: /^features\.0\.weight$/,
    shape: '64,3,11,11',
    got: "torchvision's AlexNet",
    advice: "it has other channels, no groups and no normalization; choose Caffe's bvlc_reference_caffenet",
  },
  {
    name: /\.running_mean$/,
    got: 'a network with batch normalization',
    advice: "choose one without, torchvision's vgg16 rather than vgg16_bn",
  },
];

const expected = 'expected VGG-16, AlexNet, SqueezeNet or MobileNetV2, or an FCN on one of them';

const convolutionsOfVgg16 = new Set(convolutionsOf(vgg16.layers).map(({ name }) => name));

/**
 * Refuses what is none of our networks though it may look like one.
 * @throws FcnError that says what it is, where that can be told.
 */
export function refuseOtherNetworks(tensors: ReadonlyMap<string, Tensor>, what: string): void {
  const all = [...tensors.keys()];
  for (const { name: pattern, shape, got, advice } of others) {
    const found = all.find(
      (name) => pattern.test(name) && (shape === undefined || shape === tensors.get(name)!.shape.join()),
    );
    if (found) throw inputError(`${what}: got ${got} (${quote(found)}), ${expected}; ${advice}`);
  }
  if (recognizeBackbone(tensors) !== 'vgg16') return;
  const foreign = all.find((name) => isForeignConvolution(name.replace(/\.(weight|bias)$/, '')));
  if (foreign) {
    throw inputError(
      `${what}: got a layer that VGG-16 does not have (${quote(foreign)}), ${expected}; ` +
        'choose VGG with 16 layers (configuration D), not 11, 13 or 19, or another network',
    );
  }
}

/** A convolution by the names of torchvision or Caffe, in a place where VGG-16 has none: VGG-19's conv3_4. */
function isForeignConvolution(layer: string): boolean {
  if (isTorchvisionLayer(layer)) return layer.startsWith('features.') && !torchvisionLayers.vgg16!.has(layer);
  return /^conv\d+(_\d+)?$/.test(layer) && !convolutionsOfVgg16.has(layer);
}
