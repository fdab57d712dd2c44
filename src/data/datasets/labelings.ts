import type { LabelImage } from '../images/image.ts';
import { checkSameSize } from './check-label.ts';
import type { Dataset, Labeling, Sample } from './dataset.ts';

/** The labelings of a data set; one without a name where its images have one label map each. */
export function labelingsOf({
  classes,
  labelings,
}: Pick<Dataset, 'classes' | 'labelings'>): readonly Labeling[] {
  return labelings ?? [{ name: '', classes }];
}

/** The label maps of a sample, one for each labeling. */
export function labelsOf({
  label,
  otherLabels = [],
}: Pick<Sample, 'label' | 'otherLabels'>): readonly LabelImage[] {
  return [label, ...otherLabels];
}

/**
 * Data sets of the same images, in the same order, that label them differently, as one with several labelings.
 * @param parts by the names of their labelings; the first is what is scored and shown where there is room for one alone
 */
export function joinLabelings(name: string, parts: ReadonlyMap<string, Dataset>): Dataset {
  const [first, ...others] = [...parts.values()];
  const { withChannels } = first!;
  const files = (index: number) => [...parts.values()].map((part) => part.labelFiles?.(index) ?? []);
  return {
    ...first!,
    name,
    labelings: [...parts].map(([labeling, { classes }]) => ({ name: labeling, classes })),
    async load(index) {
      const sample = await first!.load(index);
      const otherLabels = await Promise.all(others.map((part) => part.loadLabel(index)));
      for (const [i, label] of otherLabels.entries()) {
        checkSameSize(sample.image, first!.imageSource(index), label, files(index)[i + 1]!.join());
      }
      return { ...sample, otherLabels };
    },
    loadLabel: (index, labeling = 0) => [first!, ...others][labeling]!.loadLabel(index),
    labelFiles: (index) => files(index).flat(),
    ...(withChannels && {
      withChannels: async (count) =>
        joinLabelings(name, new Map(parts).set([...parts.keys()][0]!, await withChannels(count))),
    }),
  };
}

/** A data set as it is in one of its labelings alone. */
export function inLabeling(dataset: Dataset, number: number): Dataset {
  const { labelings, withChannels, ...rest } = dataset;
  if (!labelings) return dataset;
  const { name, classes } = labelings[number]!;
  return {
    ...rest,
    name: `${dataset.name} (${name})`,
    classes,
    async load(index) {
      const { otherLabels, ...sample } = await dataset.load(index);
      return { ...sample, label: labelsOf({ ...sample, otherLabels: otherLabels ?? [] })[number]! };
    },
    loadLabel: (index) => dataset.loadLabel(index, number),
    ...(withChannels && { withChannels: async (count) => inLabeling(await withChannels(count), number) }),
  };
}

/** Each labeling of a data set by itself. */
export function eachLabeling(dataset: Dataset): Dataset[] {
  return labelingsOf(dataset).map((_, number) => inLabeling(dataset, number));
}
