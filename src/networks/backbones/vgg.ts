import { type BackboneLayers, convolutionLayer, type Layer, poolingLayer } from './layers.ts';

/**
 * VGG-16 and VGG-19 (Simonyan, Zisserman 2015, configurations D and E) made convolutional, layer by layer as in the reference
 * implementation's FCN prototxt: the first convolution pads by 100, so that images of any size reach fc6.
 */
export const vgg16: BackboneLayers = vgg('VGG-16', [2, 2, 3, 3, 3]);
export const vgg19: BackboneLayers = vgg('VGG-19', [2, 2, 4, 4, 4]);

/** @param depths convolutions of each stage */
function vgg(title: string, depths: readonly [number, number, number, number, number]): BackboneLayers {
  const channels = [64, 128, 256, 512, 512];
  return {
    title,
    layers: [
      ...depths.flatMap((depth, i) => stage(i + 1, channels[i]!, depth)),
      convolutionLayer('fc6', 4096, 7),
      { kind: 'dropout', name: 'drop6' },
      convolutionLayer('fc7', 4096, 1),
      { kind: 'dropout', name: 'drop7' },
    ],
    skips: { stride16: 'pool4', stride8: 'pool3' },
    margin: 'padded-image',
  };
}

/** 3x3 convolutions `conv{number}_1` ... and `pool{number}`. */
function stage(number: number, channels: number, depth: number): Layer[] {
  const convolutions = Array.from({ length: depth }, (_, i) =>
    convolutionLayer(`conv${number}_${i + 1}`, channels, 3, { pad: number === 1 && i === 0 ? 100 : 1 }),
  );
  return [...convolutions, poolingLayer(`pool${number}`, 2, 2)];
}
