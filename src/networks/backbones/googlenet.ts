import { type BackboneLayers, convolutionLayer, type Layer, poolingLayer } from './layers.ts';

/**
 * GoogLeNet (Szegedy et al. 2015, table 1) as Caffe has it (bvlc_googlenet), without its side classifiers, its last average pooling
 * and its classifier (Long et al. 2015, section 4.1). Layers have Caffe's names with `_` for `/`. Skips read the last module of their
 * stride.
 */
export const googlenet: BackboneLayers = {
  title: 'GoogLeNet',
  layers: [
    convolutionLayer('conv1_7x7_s2', 64, 7, { stride: 2, pad: 3 }),
    poolingLayer('pool1', 3, 2),
    normalization('pool1_norm1'),
    convolutionLayer('conv2_3x3_reduce', 64, 1),
    convolutionLayer('conv2_3x3', 192, 3, { pad: 1 }),
    normalization('conv2_norm2'),
    poolingLayer('pool2', 3, 2),
    inception('3a', 64, [96, 128], [16, 32], 32),
    inception('3b', 128, [128, 192], [32, 96], 64),
    poolingLayer('pool3', 3, 2),
    inception('4a', 192, [96, 208], [16, 48], 64),
    inception('4b', 160, [112, 224], [24, 64], 64),
    inception('4c', 128, [128, 256], [24, 64], 64),
    inception('4d', 112, [144, 288], [32, 64], 64),
    inception('4e', 256, [160, 320], [32, 128], 128),
    poolingLayer('pool4', 3, 2),
    inception('5a', 256, [160, 320], [32, 128], 128),
    inception('5b', 384, [192, 384], [48, 128], 128),
    { kind: 'dropout', name: 'pool5_drop' },
  ],
  skips: { stride16: 'inception_4e', stride8: 'inception_3b' },
  margin: 'repeated-border',
};

type Narrowed = readonly [narrow: number, wide: number];

/** Four ways side by side (figure 2b): 1x1, and 3x3 and 5x5 behind narrowing 1x1 convolutions, and 3x3 pooling before one. */
function inception(number: string, direct: number, by3: Narrowed, by5: Narrowed, pooled: number): Layer {
  const name = `inception_${number}`;
  const narrowed = (kernel: 3 | 5, [narrow, wide]: Narrowed) => [
    convolutionLayer(`${name}_${kernel}x${kernel}_reduce`, narrow, 1),
    convolutionLayer(`${name}_${kernel}x${kernel}`, wide, kernel, { pad: (kernel - 1) / 2 }),
  ];
  return {
    kind: 'branches',
    name,
    branches: [
      [convolutionLayer(`${name}_1x1`, direct, 1)],
      narrowed(3, by3),
      narrowed(5, by5),
      [poolingLayer(`${name}_pool`, 3, 1, 1), convolutionLayer(`${name}_pool_proj`, pooled, 1)],
    ],
  };
}

function normalization(name: string): Layer {
  return { kind: 'normalization', name, size: 5, alpha: 1e-4, beta: 0.75 };
}
