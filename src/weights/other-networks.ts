import { inputError } from '../base/errors.ts';
import type { Tensor } from '../base/tensor.ts';
import { backbones } from '../networks/backbones/backbones.ts';
import { convolutionsOf } from '../networks/backbones/layers.ts';
import type { BackboneName } from '../networks/model-names.ts';
import { networksInWords, titleOf } from './backbone-titles.ts';
import { isTorchvisionLayer, torchvisionLayers } from './names/torchvision.ts';
import { quote } from './quote.ts';
import { recognizeBackbone } from './recognize-backbone.ts';

/** Networks that are often tried, by a tensor that only they have, and what to say of them. */
const others: readonly {
  readonly name: RegExp;
  readonly shape?: RegExp;
  readonly got: string;
  readonly advice: string;
}[] = [
  {
    name: /\.(weight|bias)_(orig|mask)$/,
    got: 'weights as torch.nn.utils.prune keeps them while it prunes',
    advice: "make that permanent by prune.remove(module, 'weight'), and save them again",
  },
  {
    name: /\.weight_[gv]$|\.parametrizations\./,
    got: 'weights with a parametrization, such as weight normalization',
    advice:
      'remove it by torch.nn.utils.parametrize.remove_parametrizations or remove_weight_norm, and save them again',
  },
  {
    name: /^classifier\.0\.(convs|project)\./,
    got: "torchvision's DeepLab",
    advice: 'fcn does not have its head; choose fcn_resnet50 or fcn_resnet101, or the ResNet alone',
  },
  {
    name: /^layer3\.23\./,
    got: 'ResNet-152',
    advice: 'choose the one with 50 or 101 layers',
  },
  {
    name: /^layer1\.0\.conv2\.weight$/,
    shape: /^(\d+),(?!\1,)/,
    got: 'a ResNeXt',
    advice: 'its convolutions have groups; choose resnet50 or resnet101',
  },
  {
    name: /^layer1\.0\.conv2\.weight$/,
    shape: /^128,128,/,
    got: 'a wide ResNet',
    advice: 'its blocks are wider; choose resnet50 or resnet101',
  },
  {
    name: /^layer1\.0\.conv1\.weight$/,
    shape: /,3,3$/,
    got: 'ResNet-18 or 34',
    advice: 'its blocks have two convolutions of 3x3; choose the one with 50 or 101 layers',
  },
  {
    name: /^layer\d\.\d+\.se\.|^conv1\.[0-6]\.weight$/,
    got: 'a ResNet that was changed',
    advice: "choose torchvision's resnet50 or resnet101",
  },
  {
    name: /^inception\d\w\.branch\d/,
    got: "torchvision's GoogLeNet",
    advice: "it has batch normalization and other kernels; choose Caffe's bvlc_googlenet",
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
    advice: 'its layers differ; choose squeezenet1_0',
  },
  {
    name: /^MobilenetV[13]\//,
    got: 'MobileNetV1 or V3',
    advice: 'fcn does not have its blocks; choose mobilenet_v2_1.0_224_quant.tflite',
  },
  {
    name: /^features\.0\.weight$/,
    shape: /^64,3,11,11$/,
    got: "torchvision's AlexNet",
    advice: "it has other channels, no groups and no normalization; choose Caffe's bvlc_reference_caffenet",
  },
  {
    name: /^features\..*\.running_mean$/,
    got: 'a network with batch normalization',
    advice: "choose one without, torchvision's vgg16 rather than vgg16_bn",
  },
];

const expected = `expected ${networksInWords}, or an FCN on one of them`;

/**
 * Refuses what is none of our networks though it may look like one.
 * @throws FcnError that says what it is, where that can be told.
 */
export function refuseOtherNetworks(tensors: ReadonlyMap<string, Tensor>, what: string): void {
  const all = [...tensors.keys()];
  for (const { name: pattern, shape, got, advice } of others) {
    const found = all.find(
      (name) => pattern.test(name) && (shape === undefined || shape.test(tensors.get(name)!.shape.join())),
    );
    if (found) throw inputError(`${what}: got ${got} (${quote(found)}), ${expected}; ${advice}`);
  }
  const backbone = recognizeBackbone(tensors);
  if (backbone !== 'vgg16' && backbone !== 'vgg19') return;
  const isForeign = foreignTo(backbone);
  const foreign = all.find((name) => isForeign(name.replace(/\.(weight|bias)$/, '')));
  if (foreign) {
    throw inputError(
      `${what}: got a layer that ${titleOf(backbone)} does not have (${quote(foreign)}), ${expected}; ` +
        'choose VGG with 16 or 19 layers (configurations D and E), not 11 or 13, or another network',
    );
  }
}

/** Whether a layer is a convolution, by the names of torchvision or Caffe, in a place where a VGG has none: VGG-13's features.15. */
function foreignTo(backbone: BackboneName): (layer: string) => boolean {
  const own = new Set(convolutionsOf(backbones[backbone].layers).map(({ name }) => name));
  return (layer) => {
    if (isTorchvisionLayer(layer))
      return layer.startsWith('features.') && !torchvisionLayers[backbone]!.has(layer);
    return /^conv\d+(_\d+)?$/.test(layer) && !own.has(layer);
  };
}
