import { type BackboneLayers, convolutionLayer, type Layer, type Padding } from './layers.ts';

/**
 * MobileNetV2 (Sandler et al. 2018, table 2) without its classifier, batch normalization folded into the convolutions.
 * Skips read the last block of their stride.
 */
export const mobilenetv2: BackboneLayers = {
  layers: [
    convolutionLayer('conv1', 32, 3, { stride: 2, pad: samePadding(2), activation: 'relu6' }),
    ...blocks(),
    convolutionLayer('conv18', 1280, 1, { activation: 'relu6' }),
    { kind: 'dropout', name: 'drop18' },
  ],
  skips: { stride16: 'block13', stride8: 'block6' },
  margin: 'repeated-border',
};

/** Rows of table 2: expansion t, channels c, repetitions n, stride s of the first. */
function blocks(): Layer[] {
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
  for (const [expansion, channels, repetitions, firstStride] of rows) {
    for (let i = 0; i < repetitions; i++) {
      const stride = i === 0 ? firstStride : 1;
      number += 1;
      layers.push(...block(`block${number}`, channelsIn, expansion, channels, stride));
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
  stride: number,
): Layer[] {
  const hidden = channelsIn * expansion;
  const isResidual = stride === 1 && channels === channelsIn;
  const pad = samePadding(stride);
  const layers = [
    ...(expansion === 1 ? [] : [convolutionLayer(`${name}_expand`, hidden, 1, { activation: 'relu6' })]),
    convolutionLayer(`${name}_depthwise`, hidden, 3, {
      stride,
      pad,
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
