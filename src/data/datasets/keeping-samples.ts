import { memoryOfMachine } from '../../base/memory.ts';
import type { Dataset, Sample } from './dataset.ts';

/** What samples that are kept may take of the memory that there is, and at most. */
const shareOfMemory = 1 / 32;
const mostBytes = 2 ** 28;

/** Bytes of samples that are kept, where nothing else is said. */
function bytesToKeep(): number {
  return Math.min(mostBytes, shareOfMemory * memoryOfMachine().limit);
}

/**
 * A data set that keeps its samples once they are loaded, so that decoding photos over and over does not take longer than to train a
 * small network on them. Those that come first are kept until there is no more room: in a random order, any others would be as good.
 * @param prepare what is done to each sample before it is kept, such as making it smaller
 */
export function keepingSamples(
  dataset: Dataset,
  { prepare = (sample) => sample, bytes = bytesToKeep() }: KeepingOptions = {},
): Dataset {
  const kept = new Map<number, Sample>();
  let room = bytes;
  return {
    ...dataset,
    load: async (index) => {
      const known = kept.get(index);
      if (known) return known;
      const sample = prepare(await dataset.load(index));
      const size = sizeOf(sample);
      if (size <= room && !kept.has(index)) {
        kept.set(index, sample);
        room -= size;
      }
      return sample;
    },
    ...(dataset.withChannels && {
      withChannels: async (count: number) =>
        keepingSamples(await dataset.withChannels!(count), { prepare, bytes }),
    }),
  };
}

export interface KeepingOptions {
  readonly prepare?: ((sample: Sample) => Sample) | undefined;
  readonly bytes?: number;
}

/** Bytes of the samples that are kept, if they all are of this size, with images of 8 bits. */
export function bytesKept({ ids, channels, labelings }: Dataset, pixels: number): number {
  const bytesPerPixel = (channels?.length ?? 3) + (labelings?.length ?? 1);
  return Math.min(bytesToKeep(), ids.length * pixels * bytesPerPixel);
}

/** Whether there is room for all samples of a data set, if they are as large as this one. */
export function haveRoom({ ids }: Dataset, sample: Sample): boolean {
  return ids.length * sizeOf(sample) <= bytesToKeep();
}

function sizeOf({ image, label, otherLabels = [] }: Sample): number {
  return [image, label, ...otherLabels].reduce((sum, { data }) => sum + data.byteLength, 0);
}
