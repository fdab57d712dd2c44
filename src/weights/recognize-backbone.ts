import type { Tensor } from '../base/tensor.ts';
import type { BackboneName } from '../networks/model-names.ts';

/** Layers by which the backbones other than VGG-16 are told, by our names and those of Caffe, torchvision, TensorFlow. */
const signs: readonly (readonly [RegExp, BackboneName])[] = [
  [/^fire\d[_/]|^features\.\d+\.(squeeze|expand)/, 'squeezenet'],
  [/^block\d+_|^MobilenetV2\//, 'mobilenetv2'],
  [/^layer3\.(6|[12]\d)\./, 'resnet101'],
  [/^(layer[1-4]\.\d+|bn1)\./, 'resnet50'],
  [/^inception_\d|^conv\d[/_]\d+x\d+/, 'googlenet'],
  [/^conv[2-5]\./, 'alexnet'],
  [/^conv[345]_4\.|^features\.(16|23|25|30|32|34)\.(weight|bias)$/, 'vgg19'],
];

/** In a file that ends after the layer conv1, which these have in common, the width of its kernel tells them apart. */
const firstKernels: readonly (readonly [number, BackboneName])[] = [
  [11, 'alexnet'],
  [7, 'squeezenet'],
  [3, 'mobilenetv2'],
];

/** The classifier that a network is, or is built on, by its tensors or a part of them; VGG-16 where none is told. */
export function recognizeBackbone(tensors: ReadonlyMap<string, Tensor>): BackboneName {
  const all = [...tensors.keys()];
  const sign = signs.find(([pattern]) => all.some((name) => pattern.test(name)));
  if (sign) return sign[1];
  if (!all.some((name) => name.startsWith('conv1.'))) return 'vgg16';
  const width = tensors.get('conv1.weight')?.shape[3];
  return firstKernels.find(([kernel]) => kernel === width)?.[1] ?? 'alexnet';
}
