import { type BackboneLayers, convolutionLayer, type Layer, type Padding } from './layers.ts';

/**
 * MobileNetV2 (Sandler et al. 2018, table 2) without its classifier, batch normalization folded into the convolutions.
 * Skips read the last block of their stride.
 */
export const mobilenetv2: BackboneLayers = {
  title: 'MobileNetV2',
  layers: [
    convolutionLayer('conv1', 32, 3, { stride: 2, pad: samePadding(2), activation: 'relu6' }),
    ...blocks(32),
    convolutionLayer('conv18', 1280, 1, { activation: 'relu6' }),
    { kind: 'dropout', name: 'drop18' },
  ],
  skips: { stride16: 'block13', stride8: 'block6' },
  margin: 'repeated-border',
};

/**
 * The same as DeepLab has it (Chen et al. 2017, section 3.1; research/deeplab in github.com/tensorflow/models): up to the last
 * block, whose stride of 32 is taken back to 16, and its kernels spread, so that each sees what it did. Pads are as many before
 * as after, by which pixels of all maps lie on every 2nd, 4th, ... of the image, from its first on; TensorFlow's SAME has it so for
 * sizes such as 513.
 */
export const mobilenetv2AtStride16: Omit<BackboneLayers, 'title'> = {
  layers: [convolutionLayer('conv1', 32, 3, { stride: 2, pad: 1, activation: 'relu6' }), ...blocks(16)],
  margin: 'repeated-border',
};

/** Rows of table 2: expansion t, channels c, repetitions n, stride s of the first. */
function blocks(outputStride: 16 | 32): Layer[] {
  const rows = [
    [1, 16, 1, 1],
    [6, 24, 2, 2],
    [6, 32, 3, 2],
    [6, 64, 4, 2],
    [6, 96, 3, 1],
    [6, 160, 3, 2],
    [6, 320, 1, 1],
  ] as const;
  const layers: Layer[] = [];
  let channelsIn = 32;
  let number = 0;
  let dilation = 1;
  for (const [expansion, channels, repetitions, firstStride] of rows) {
    for (let i = 0; i < repetitions; i++) {
      number += 1;
      // The first block of the row that would end at stride 32.
      const isTakenBack = outputStride === 16 && channels === 160 && i === 0;
      const stride = i === 0 && !isTakenBack ? firstStride : 1;
      const pad: Padding = outputStride === 16 ? [dilation, dilation] : samePadding(stride);
      const window = { stride, dilation, pad };
      layers.push(...block(`block${number}`, channelsIn, expansion, channels, window));
      if (isTakenBack) dilation = 2;
      channelsIn = channels;
    }
  }
  return layers;
}

/** An inverted residual: widened by 1x1, filtered channel by channel, narrowed by 1x1 without activation (figure 3d). */
function block(
  name: string,
  channelsIn: number,
  expansion: number,
  channels: number,
  window: { readonly stride: number; readonly dilation: number; readonly pad: Padding },
): Layer[] {
  const hidden = channelsIn * expansion;
  const isResidual = window.stride === 1 && channels === channelsIn;
  const layers = [
    ...(expansion === 1 ? [] : [convolutionLayer(`${name}_expand`, hidden, 1, { activation: 'relu6' })]),
    convolutionLayer(`${name}_depthwise`, hidden, 3, {
      ...window,
      groups: 'depthwise',
      activation: 'relu6',
    }),
    // A residual that starts as the identity can be trained from nothing without batch normalization (Zhang et al. 2019).
    convolutionLayer(`${name}_project`, channels, 1, {
      activation: 'none',
      ...(isResidual && { initialization: 'zero' }),
    }),
  ];
  return isResidual ? [{ kind: 'residual', name, layers }] : layers;
}

/** TensorFlow's SAME for a 3x3 window, of even sizes if the stride is 2; odd sizes are rounded up as well. */
function samePadding(stride: number): Padding {
  return stride === 1 ? [1, 1] : [0, 2];
}
