import { readInput } from '../../base/files.ts';
import { readWithRemarks } from '../images/decode.ts';
import type { Image, LabelImage } from '../images/image.ts';
import { type Pose, readPose, uprightLabel } from '../images/orientation.ts';
import { readChannels, startsWithColors } from '../images/read-channels.ts';
import { checkLabelValues, checkSameSize } from './check-label.ts';
import { type Dataset, numberedChannel } from './dataset.ts';
import type { LabelMeaning } from './label-meaning.ts';

/** Where an image and its label are. */
export interface SampleFiles {
  readonly id: string;
  readonly image: string;
  readonly label: string;
  /** The label map in the bytes of the label file. @throws FcnError naming the file */
  readonly decodeLabel: (
    bytes: Uint8Array,
    file: string,
    tell?: (remark: string) => void,
  ) => LabelImage | Promise<LabelImage>;
}

/** The samples of all ids that have both an image and a label. */
export function pairFiles(
  ids: readonly string[],
  images: ReadonlyMap<string, string>,
  labels: ReadonlyMap<string, string>,
  decodeLabel: SampleFiles['decodeLabel'],
): SampleFiles[] {
  return ids.flatMap((id) => {
    const [image, label] = [images.get(id), labels.get(id)];
    return image && label ? [{ id, image, label, decodeLabel }] : [];
  });
}

/** Reads the image of a file, upright. */
export type ReadImage = (
  file: string,
) => Promise<{ readonly image: Image; readonly pose: Pose; readonly remarks: readonly string[] }>;

/**
 * A data set of files, whose content is checked when it is loaded. Images and labels are upright.
 * @param meaning of values and colors in its masks
 * @param read default: as RGB
 */
export function fileDataset(
  name: string,
  classes: readonly string[],
  samples: readonly SampleFiles[],
  meaning?: LabelMeaning,
  read: ReadImage = readWithRemarks,
): Dataset {
  /** As it is stored. */
  const readLabel = async (index: number, tell?: (remark: string) => void): Promise<LabelImage> => {
    const { label: file, decodeLabel } = samples[index]!;
    const label = await decodeLabel(await readInput(file, 'label'), file, tell);
    checkLabelValues(label, classes.length, file);
    return label;
  };
  return {
    name,
    classes,
    ids: samples.map(({ id }) => id),
    async load(index) {
      const { id, image: imageFile, label: labelFile } = samples[index]!;
      const ofLabel: string[] = [];
      const reading = [read(imageFile), readLabel(index, (remark) => ofLabel.push(remark))] as const;
      const [decoded, stored] = await Promise.allSettled(reading);
      if (decoded.status === 'rejected') throw decoded.reason; // when both are broken, always the same one
      if (stored.status === 'rejected') throw stored.reason;
      const { image, pose } = decoded.value;
      const { label, remark } = uprightLabel(stored.value, pose);
      checkSameSize(image, imageFile, label, labelFile);
      const remarks = [...decoded.value.remarks, ...ofLabel, ...(remark ? [remark] : [])];
      return { id, image, label, ...(remarks.length > 0 && { remarks }) };
    },
    async loadLabel(index) {
      const label = await readLabel(index);
      return uprightLabel(label, await readPose(samples[index]!.image)).label;
    },
    imageSource: (index) => samples[index]!.image,
    labelFiles: (index) => [samples[index]!.label],
    async withChannels(count) {
      const isColored = count >= 3 && samples[0] !== undefined && (await startsWithColors(samples[0].image));
      const names = isColored ? ['red', 'green', 'blue'] : [];
      return {
        ...fileDataset(name, classes, samples, meaning, (file) => readChannels(file, count)),
        channels: Array.from({ length: count }, (_, i) => ({ name: names[i] ?? numberedChannel(i) })),
      };
    },
    ...(meaning && { meaning }),
    warnings: aboutJpegs(samples),
  };
}

function aboutJpegs(samples: readonly SampleFiles[]): string[] {
  const [first, ...others] = samples.filter(({ label }) => /\.jpe?g$/i.test(label)).map(({ label }) => label);
  if (!first) return [];
  return [
    `${others.length + 1} of ${samples.length} masks are JPEG files, which do not keep exact values: each pixel counts as the ` +
      `nearest class, wrong at edges; save masks as PNG (${first})`,
  ];
}
