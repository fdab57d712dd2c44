import { type BackboneLayers, convolutionLayer, type Layer, poolingLayer } from './layers.ts';

/**
 * AlexNet as Caffe has it (CaffeNet: pooling before normalization) made convolutional, layer by layer as in the reference
 * implementation's voc-fcn-alexnet prototxt. Published with a stride of 32 alone.
 */
export const alexnet: BackboneLayers = {
  title: 'AlexNet',
  layers: [
    convolutionLayer('conv1', 96, 11, { stride: 4, pad: 100 }),
    poolingLayer('pool1', 3, 2),
    normalization('norm1'),
    convolutionLayer('conv2', 256, 5, { pad: 2, groups: 2 }),
    poolingLayer('pool2', 3, 2),
    normalization('norm2'),
    convolutionLayer('conv3', 384, 3, { pad: 1 }),
    convolutionLayer('conv4', 384, 3, { pad: 1, groups: 2 }),
    convolutionLayer('conv5', 256, 3, { pad: 1, groups: 2 }),
    poolingLayer('pool5', 3, 2),
    convolutionLayer('fc6', 4096, 6),
    { kind: 'dropout', name: 'drop6' },
    convolutionLayer('fc7', 4096, 1),
    { kind: 'dropout', name: 'drop7' },
  ],
  margin: 'padded-image',
};

function normalization(name: string): Layer {
  return { kind: 'normalization', name, size: 5, alpha: 1e-4, beta: 0.75 };
}
