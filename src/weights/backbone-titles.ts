import type { BackboneName } from '../networks/model-names.ts';

/** What people call the backbones, for messages. */
export const backboneTitles: Record<BackboneName, string> = {
  vgg16: 'VGG-16',
  alexnet: 'AlexNet',
  squeezenet: 'SqueezeNet',
  mobilenetv2: 'MobileNetV2',
};
