import type { Tensor } from '../base/tensor.ts';
import { numberedChannel } from '../data/datasets/dataset.ts';
import { type InputConfig, type InputPreset, imageChannels, inputPresets } from '../data/input-config.ts';
import type { BackboneName } from '../networks/model-names.ts';
import { isTensorflowLayer } from './names/tensorflow.ts';
import { isTorchvisionLayer } from './names/torchvision.ts';

/** A preprocessing in words. */
export function inputInWords(input: InputConfig): string {
  const { channels, scale, mean, std, log, bits, names } = input;
  const named = imageChannels(input).map((channel, c) => {
    const name = names?.[channel] ?? numberedChannel(channel);
    return log?.[c] ? `logarithm of ${name}` : name;
  });
  const order = typeof channels === 'string' ? channels : named.join(', ');
  const deep = bits === 16 ? ' of 16 bits' : '';
  return `${order}${deep}, scale ${scale}, mean ${mean.join(' ')}, std ${std.join(' ')}`;
}

/**
 * A preprocessing for RGB images, for a network whose first layer takes another number of channels and whose file says nothing of them: the
 * first three are taken for colors, and others as they are stored.
 */
export function withCount(input: InputConfig, count: number): InputConfig {
  if (count === input.channels.length) return input;
  const colors = count < 3 ? [] : imageChannels(input);
  const channels = [...colors, ...Array.from({ length: count - colors.length }, (_, i) => colors.length + i)];
  const ofEach = (values: readonly number[], other: number) =>
    channels.map((_, c) => (c < colors.length ? values[c]! : other));
  return { channels, scale: input.scale, mean: ofEach(input.mean, 0), std: ofEach(input.std, 1) };
}

/** Whether two preprocessings are the same. */
export function isSameInput(one: InputConfig, other: InputConfig): boolean {
  return inputInWords(one) === inputInWords(other);
}

/** The reference networks for SIFT Flow subtract the mean of its images (siftflow_layers.py). */
const siftFlow: InputConfig = { ...inputPresets.caffe, mean: [114.578, 115.294, 108.353] };

const nyudColor: InputConfig = { ...inputPresets.caffe, mean: [116.19, 97.203, 92.318] };

/** What the reference networks for NYUDv2 are given (nyud_layers.py): of the streams of late fusion, and colors with depth. */
export const nyudInputs: ReadonlyMap<string, InputConfig> = new Map([
  ['color', nyudColor],
  [
    'hha',
    {
      ...{
        channels: [0, 1, 2],
        names: ['horizontal disparity', 'height above ground', 'angle with gravity'],
      },
      ...{ scale: 255, mean: [132.431, 94.076, 118.477], std: [1, 1, 1] },
    },
  ],
  [
    'depth',
    {
      ...{ channels: [2, 1, 0, 3], names: ['red', 'green', 'blue', 'depth in mm'], bits: 16, scale: 255 },
      ...{ mean: [...nyudColor.mean, 7.844], std: [1, 1, 1, 1], log: [false, false, false, true] },
    },
  ],
]);

/** SqueezeNet and GoogLeNet in Caffe subtract rounded means (SqueezeNet_v1.0 and bvlc_googlenet, train_val.prototxt). */
const rounded: InputConfig = { ...inputPresets.caffe, mean: [104, 117, 123] };

/**
 * The preprocessing that belongs to weights whose file does not state it: `assumed`, or that of the tool by whose names
 * its tensors go; where these are ours, that of the weights which the backbone is had from.
 */
export function inferInput(
  tensors: ReadonlyMap<string, Tensor>,
  backbone: BackboneName,
  assumed?: InputPreset,
): InputConfig {
  if (assumed) return inputPresets[assumed];
  if (tensors.has('conv1_1_bgrd.weight')) return nyudInputs.get('depth')!; // nyud-fcn32s-color-d
  const hasLayer = (isTheirs: (layer: string) => boolean) =>
    [...tensors.keys()].some((name) => isTheirs(name.replace(/\.[^.]*$/, '')));
  const isResnet = backbone === 'resnet50' || backbone === 'resnet101'; // whose layers have torchvision's names here too
  if (isResnet || hasLayer(isTorchvisionLayer)) return inputPresets.torchvision;
  if (backbone === 'mobilenetv2' || hasLayer(isTensorflowLayer)) return inputPresets.tensorflow;
  if (backbone === 'squeezenet' || backbone === 'googlenet') return rounded;
  return tensors.has('score_fr_sem.weight') ? siftFlow : inputPresets.caffe;
}
