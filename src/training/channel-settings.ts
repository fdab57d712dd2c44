import { counted } from '../base/counted.ts';
import { inputError } from '../base/errors.ts';
import type { Dataset } from '../data/datasets/dataset.ts';
import { withChannels } from '../data/datasets/for-network.ts';
import { type Data, openSplit } from '../data/datasets/splits.ts';
import type { ModelConfig } from '../networks/model-config.ts';
import type { MeasuredChannels } from './measure-channels.ts';
import type { Recipe } from './recipes.ts';

/** What the user decides about channels. */
export interface ChannelSettings {
  /** Channels of the images, as their files have them; default: RGB, or what the data say. */
  readonly channels?: number | undefined;
  /** Networks of their own for some of the channels each, in their order; default: what the data say, one as a rule. */
  readonly streams?: ModelConfig['streams'] | undefined;
}

/** A split with the channels that are asked for. */
export async function openChannels(
  data: Data,
  split: string,
  { channels, streams }: ChannelSettings,
): Promise<Dataset> {
  const inStreams = streams?.flatMap(({ name, channels: own }) => Array.from({ length: own }, () => name));
  if (inStreams && channels !== undefined && channels !== inStreams.length) {
    throw inputError(
      `--streams: got ${counted(inStreams.length, 'channel')} in all, expected the ${channels} of --channels; leave one of them out`,
    );
  }
  const dataset = await openSplit(data, split);
  const count = channels ?? inStreams?.length;
  if (count === undefined) return dataset;
  const fitting = dataset.channels ? dataset : await withChannels(dataset, count);
  if (fitting.channels!.length !== count) {
    throw inputError(
      `${channels === undefined ? '--streams' : '--channels'}: got ${count} channels, expected ${fitting.channels!.length} as in ` +
        `${dataset.name}; leave it out`,
    );
  }
  if (!inStreams) return fitting;
  return {
    ...fitting,
    channels: fitting.channels!.map((channel, i) => ({ ...channel, stream: inStreams[i]! })),
  };
}

/** @throws FcnError where colors are to be changed of images that have none */
export function checkAugment(augment: Recipe['augment'], measured: MeasuredChannels | undefined): void {
  if (!measured || !augment.includes('color')) return;
  throw inputError(
    `--augment: got color for images with ${counted(measured.channels.length, 'channel')}, expected it only for RGB images; leave it out`,
  );
}

/** The streams that the channels of a data set are for; undefined where there is one. */
export function streamsIn({ channels = [] }: Dataset): NonNullable<ModelConfig['streams']> | undefined {
  const names = [...new Set(channels.map(({ stream }) => stream))];
  if (names.length < 2) return undefined;
  return names.map((name) => ({
    name: name!,
    channels: channels.filter(({ stream }) => stream === name).length,
  }));
}
