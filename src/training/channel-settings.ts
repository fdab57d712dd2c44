import { inputError } from '../base/errors.ts';
import type { Dataset } from '../data/datasets/dataset.ts';
import { withChannels } from '../data/datasets/for-network.ts';
import { type Data, openSplit } from '../data/datasets/splits.ts';
import type { MeasuredChannels } from './measure-channels.ts';
import type { Recipe } from './recipes.ts';

/** A split with the channels that are asked for. */
export async function openChannels(
  data: Data,
  split: string,
  channels: number | undefined,
): Promise<Dataset> {
  const dataset = await openSplit(data, split);
  if (channels === undefined || (dataset.channels?.length ?? 0) === channels) return dataset;
  if (!dataset.channels) return withChannels(dataset, channels);
  throw inputError(
    `--channels: got ${channels}, expected ${dataset.channels.length} as in ${dataset.name}; leave --channels out`,
  );
}

/** @throws FcnError where colors are to be changed of images that have none */
export function checkAugment(augment: Recipe['augment'], measured: MeasuredChannels | undefined): void {
  if (!measured || !augment.includes('color')) return;
  throw inputError(
    `--augment: got color for images with ${measured.channels.length} channels, expected it only for RGB images; leave it out`,
  );
}
