import type { BackboneName } from '../networks/model-names.ts';

/** What people call the backbones, for messages. */
export const backboneTitles: Record<BackboneName, string> = {
  vgg16: 'VGG-16',
  alexnet: 'AlexNet',
  googlenet: 'GoogLeNet',
  squeezenet: 'SqueezeNet',
  mobilenetv2: 'MobileNetV2',
  resnet50: 'ResNet-50',
  resnet101: 'ResNet-101',
};

/** All of them: `VGG-16, AlexNet or ...`. */
export const networksInWords = new Intl.ListFormat('en-GB', { type: 'disjunction' }).format(
  Object.values(backboneTitles),
);
