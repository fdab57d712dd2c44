import { type BackboneLayers, convolutionLayer, type Layer, poolingLayer } from './layers.ts';

/**
 * VGG-16 (Simonyan, Zisserman 2015, configuration D) made convolutional, layer by layer as in the reference
 * implementation's FCN prototxt: the first convolution pads by 100, so that images of any size reach fc6.
 */
export const vgg16: BackboneLayers = {
  title: 'VGG-16',
  layers: [
    ...stage(1, 64, 2, 100),
    ...stage(2, 128, 2),
    ...stage(3, 256, 3),
    ...stage(4, 512, 3),
    ...stage(5, 512, 3),
    convolutionLayer('fc6', 4096, 7),
    { kind: 'dropout', name: 'drop6' },
    convolutionLayer('fc7', 4096, 1),
    { kind: 'dropout', name: 'drop7' },
  ],
  skips: { stride16: 'pool4', stride8: 'pool3' },
  margin: 'padded-image',
};

/** 3x3 convolutions `conv{number}_1` ... and `pool{number}`. */
function stage(number: number, channels: number, count: number, firstPad = 1): Layer[] {
  const convolutions = Array.from({ length: count }, (_, i) =>
    convolutionLayer(`conv${number}_${i + 1}`, channels, 3, { pad: i === 0 ? firstPad : 1 }),
  );
  return [...convolutions, poolingLayer(`pool${number}`, 2, 2)];
}
