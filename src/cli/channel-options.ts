import { Option } from 'commander';
import { inputError } from '../base/errors.ts';
import type { ModelConfig } from '../networks/model-config.ts';
import { addedChannelModes } from '../weights/adapt-first-layer.ts';
import { wholeNumber } from './options.ts';

/** `color=3,depth=1`: names and channels. @throws FcnError for anything else, or a single one */
function parseStreams(text: string): NonNullable<ModelConfig['streams']> {
  const streams = text.split(',').flatMap((part) => {
    const [, name, channels] = /^([a-z]\w*)=([1-9]\d*)$/.exec(part) ?? [];
    return name === undefined ? [] : [{ name, channels: Number(channels) }];
  });
  const names = new Set(streams.map(({ name }) => name));
  if (names.size > 1 && names.size === text.split(',').length) return streams;
  throw inputError(
    `--streams: got '${text}', expected at least two names with their numbers of channels, as in color=3,depth=1`,
  );
}

export function channelsOption(): Option {
  return new Option(
    '--channels <N>',
    'number of channels in the images, which are PNG or TIFF files with 8 or 16 bits (default: RGB, or the channels of the data)',
  ).argParser(wholeNumber(1));
}

export function addedChannelsOption(): Option {
  return new Option(
    '--added-channels <MODE>',
    "how the first layer's channels start that the --init file does not have: with the mean of red, green and blue (default), or with zeros",
  ).choices(addedChannelModes);
}

export function streamsOption(): Option {
  return new Option(
    '--streams <LIST>',
    'separate networks for groups of channels, whose scores are averaged (late fusion), as in color=3,depth=1; --init then ' +
      'takes a file for each, as in color=FILE,depth=FILE (default: one network, or the streams of the data)',
  ).argParser(parseStreams);
}
