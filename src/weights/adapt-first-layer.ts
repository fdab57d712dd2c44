import { inputError } from '../base/errors.ts';
import { allocate, type Tensor } from '../base/tensor.ts';
import { type InputConfig, imageChannels, isOfColors } from '../data/input-config.ts';
import { backboneOf } from '../networks/backbones/backbones.ts';
import { convolutionsOf } from '../networks/backbones/layers.ts';
import type { Architecture } from '../networks/network.ts';
import type { ParameterFate } from './fates.ts';

const colors = ['red', 'green', 'blue'];

/** How channels start that an RGB network does not have, beside colors: with the mean of its three kernels, or with zeros. */
export const addedChannelModes = ['mean', 'zero'] as const;
export type AddedChannels = (typeof addedChannelModes)[number];

/** Whether a parameter is the kernels that see the image. */
export function isFirstLayer(name: string, { model }: Pick<Architecture, 'model'>): boolean {
  return name === `${convolutionsOf(backboneOf(model).layers)[0]!.name}.weight`;
}

/**
 * Kernels for images of other channels, from those of an RGB network: colors keep theirs, and each other channel starts with the mean of
 * the three (the reference implementation's nyud-fcn32s-color-d/solve.py), or with zeros, so that scores are those of the RGB network.
 * Where no channel is a color, the means are scaled so that together they respond as the three do.
 * @param tensor [O, 3, kH, kW]
 * @throws FcnError where zeros are asked for, but no channel is a color
 * @returns [O, C, kH, kW] for the C channels of `input`; undefined where the kernels are not those of an RGB network
 */
export function adaptFirstLayer(
  { shape, data }: Tensor<'float32'>,
  name: string,
  source: InputConfig,
  input: InputConfig | undefined,
  added: AddedChannels = 'mean',
): { readonly tensor: Tensor<'float32'>; readonly fate: ParameterFate } | undefined {
  const [outputs, inputs, ...kernel] = shape as [number, number, number, number];
  if (!input || isOfColors(input) || !isOfColors(source) || inputs !== 3) return undefined;
  const named = imageChannels(input).map((channel) => input.names?.[channel] ?? `channel ${channel + 1}`);
  const order = imageChannels(source).map((color) => colors[color]!);
  const copied = named.filter((channel) => order.includes(channel));
  const others = named.filter((channel) => !order.includes(channel));
  if (added === 'zero' && copied.length === 0) {
    throw inputError(
      `--added-channels: got zero for images of ${named.join(', ')}, expected a color among them, as all kernels would be zero; ` +
        'leave the option out',
    );
  }
  const factor = added === 'zero' ? 0 : copied.length > 0 ? 1 / 3 : 1 / named.length;
  const size = kernel[0]! * kernel[1]!;
  const tensor = allocate('float32', [outputs, named.length, ...kernel]);
  for (let output = 0; output < outputs; output++) {
    for (const [c, channel] of named.entries()) {
      const from = order.indexOf(channel);
      for (let i = 0; i < size; i++) {
        const at = (color: number) => data[(output * 3 + color) * size + i]!;
        const value = from < 0 ? (at(0) + at(1) + at(2)) * factor : at(from);
        tensor.data[(output * named.length + c) * size + i] = value;
      }
    }
  }
  const mean = 'the mean of red, green and blue';
  const scaledMean = `${mean}, scaled so that all channels respond as the three did`;
  const started = added === 'zero' ? 'zero' : copied.length > 0 ? mean : scaledMean;
  const reason = [
    ...(copied.length > 0 ? [`${copied.join(', ')} copied`] : []),
    ...(others.length > 0 ? [`${others.join(', ')}: ${started}`] : []),
  ].join('; ');
  return { tensor, fate: { name, fate: 'expanded', reason } };
}
