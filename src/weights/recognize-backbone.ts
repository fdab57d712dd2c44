import type { BackboneName } from '../config/model-names.ts';

/** Layers by which the backbones other than VGG-16 are told, by our names and those of Caffe, torchvision, TensorFlow. */
const signs: readonly (readonly [RegExp, BackboneName])[] = [
  [/^fire\d[_/]|^features\.\d+\.(squeeze|expand)/, 'squeezenet'],
  [/^block\d+_|^MobilenetV2\//, 'mobilenetv2'],
  [/^conv[1-5]\./, 'alexnet'],
];

/** The classifier that a network is, or is built on, by the names of its tensors; VGG-16 where none is told. */
export function recognizeBackbone(names: Iterable<string>): BackboneName {
  const all = [...names];
  return signs.find(([sign]) => all.some((name) => sign.test(name)))?.[1] ?? 'vgg16';
}
