import { inputError } from '../../base/errors.ts';
import { checkImage } from '../batches/batch.ts';
import { type InputConfig, isOfColors } from '../input-config.ts';
import { type Channel, type Dataset, numberedChannel } from './dataset.ts';

/**
 * A data set with its images as a network takes them: RGB, or as many channels as it has, each image checked when it is loaded.
 * @throws FcnError when its images have other channels
 */
export async function datasetFor(dataset: Dataset, input: InputConfig): Promise<Dataset> {
  const count = input.channels.length;
  if (isOfColors(input)) {
    if (dataset.channels) throw otherChannels(dataset, dataset.channels, 'red, green, blue');
    return dataset;
  }
  const fitting = dataset.channels ? dataset : await withChannels(dataset, count);
  const { channels } = fitting;
  const differs = ({ name }: Channel, i: number) => {
    const wanted = input.names?.[i] ?? numberedChannel(i);
    return name !== wanted && name !== numberedChannel(i) && wanted !== numberedChannel(i);
  };
  if (channels!.length !== count || channels!.some(differs)) {
    const numbered = channels!.map((_, i) => numberedChannel(i));
    throw otherChannels(dataset, channels!, (input.names ?? numbered).join(', '));
  }
  return {
    ...fitting,
    load: async (index) => {
      const sample = await fitting.load(index);
      checkImage(sample.image, input, `image ${fitting.imageSource(index)}`);
      return sample;
    },
  };
}

/** @throws FcnError where it has RGB images and no others */
export async function withChannels(dataset: Dataset, count: number): Promise<Dataset> {
  if (dataset.withChannels) return dataset.withChannels(count);
  throw inputError(
    `${dataset.name}: got a data set whose images are read as RGB, expected image files with ${count} channels; use the ` +
      'layout of folder: or voc:',
  );
}

function otherChannels({ name }: Dataset, channels: readonly Channel[], expected: string): Error {
  const got = channels.map((channel) => channel.name).join(', ');
  return inputError(
    `${name}: got images of ${got}, expected ${expected} for this network; choose other data or another network`,
  );
}
