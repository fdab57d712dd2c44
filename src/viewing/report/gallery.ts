import { existsSync } from 'node:fs';
import { inputError } from '../../base/errors.ts';
import type { Dataset } from '../../data/datasets/dataset.ts';
import { datasetFor } from '../../data/datasets/for-network.ts';
import { labelingsOf, labelsOf } from '../../data/datasets/labelings.ts';
import { spacedIndices } from '../../data/datasets/spaced-indices.ts';
import type { LabelImage } from '../../data/images/image.ts';
import { labelName, presentLabels } from '../../data/images/legend.ts';
import { vocPalette } from '../../data/images/palette.ts';
import { asPicture } from '../../data/images/picture.ts';
import { ConfusionMatrix } from '../../inference/metrics/confusion-matrix.ts';
import { metricsOf } from '../../inference/metrics/metrics.ts';
import { withSegmenter } from '../../inference/predict/segmenter.ts';
import { fixedSize } from '../../training/recipes.ts';
import { loadModel } from '../../weights/model-file.ts';
import { errorAddress, imageAddress, labelAddress, smallerSize } from './pictures.ts';
import type { ExampleData, GalleryData, LabelingData } from './report-data.ts';
import { hexOf, type RunSource } from './run-data.ts';

/** Images of each group. */
const groupSize = 4;

interface Scored {
  /** Of the image in the data set. */
  readonly index: number;
  /** In the first labeling. */
  readonly meanIoU: number | null;
  /** In each labeling. */
  readonly predictions: readonly { readonly labels: LabelImage; readonly meanIoU: number | null }[];
}

/**
 * The best, the median and the worst images of a data set, by the mean IoU of each with the best weights of the first
 * run, beside what the other runs make of them.
 * @param limit images that are scored, from all over the data set: it takes as long as a validation of so many
 * @throws FcnError when weights or images cannot be loaded, or the networks have other classes than the data set.
 */
export async function makeGallery(
  sources: readonly RunSource[],
  data: Dataset,
  { limit, onProgress }: { limit: number; onProgress?: ((done: number) => void) | undefined },
): Promise<GalleryData> {
  const { model } = await sources[0]!.stages.at(-1)!.run.readConfig();
  const dataset = await datasetFor(data, model.input);
  const total = dataset.ids.length;
  const indices = spacedIndices(total, limit);
  const [first, ...others] = sources;
  const scored = await predictAll(first!, data, indices, onProgress);
  const groups = chooseGroups(scored);
  const chosen = groups.flatMap(({ members }) => members.map(({ index }) => index));
  const predictions = [scored];
  for (const other of others) predictions.push(await predictAll(other, data, chosen));

  const labelings = labelingsOf(dataset);
  const present = labelings.map(() => new Set<number>());
  const exampleOf = async ({ index }: Scored): Promise<ExampleData> => {
    const sample = await dataset.load(index);
    const { id, image } = sample;
    const own = predictions.map((run) => run.find((candidate) => candidate.index === index)!);
    const [first, ...others] = await Promise.all(
      labelsOf(sample).map(async (truth, i): Promise<LabelingData> => {
        const made = own.map((run) => run.predictions[i]!);
        for (const label of presentLabels(truth, ...made.map(({ labels }) => labels))) present[i]!.add(label);
        const drawn = made.map(async ({ labels, meanIoU }) => ({
          labels: labelAddress(labels),
          errors: await errorAddress(truth, labels),
          meanIoU,
        }));
        return { truth: labelAddress(truth), predictions: await Promise.all(drawn) };
      }),
    );
    const further = others.length > 0 && { others };
    return { id, ...smallerSize(image), image: await imageAddress(asPicture(image)), ...first!, ...further };
  };
  const drawn: GalleryData['groups'] = [];
  for (const { name, members } of groups) {
    const examples: ExampleData[] = [];
    for (const member of members) examples.push(await exampleOf(member));
    drawn.push({ name, examples });
  }
  const palette = vocPalette();
  const legends = labelings.map(({ name, classes }, i) => {
    const labels = [...present[i]!].sort((a, b) => a - b);
    const legend = labels.map((label) => ({
      name: labelName(label, classes),
      color: hexOf(palette[label]!),
    }));
    return { name, legend };
  });
  const count = indices.length;
  const scope =
    count === total
      ? total === 1
        ? 'the only image'
        : `all ${total} images`
      : `${count} of the ${total} images`;
  return {
    note: `From ${scope} of ${dataset.name}, by the mean IoU of each${others.length > 0 ? ` in ${first!.name}` : ''}.`,
    runs: sources.map(({ name }) => name),
    legend: legends[0]!.legend,
    ...(labelings.length > 1 && { heads: legends }),
    groups: drawn,
  };
}

/** What the best weights of a run make of some images, one after the other. */
async function predictAll(
  { stages }: RunSource,
  data: Dataset,
  indices: readonly number[],
  onProgress?: (done: number) => void,
): Promise<Scored[]> {
  const { run } = stages.at(-1)!;
  if (!existsSync(run.best)) throw inputError(`${run.best}: there is no such file yet`);
  const { threads, valSize } = await run.readConfig();
  const model = await loadModel(run.best);
  const dataset = await datasetFor(data, model.config.input);
  const { classes, heads: ofModel } = model.config;
  const labelings = labelingsOf(dataset);
  const heads = ofModel?.map((head) => head.classes) ?? [classes];
  const counted = (all: readonly (readonly string[])[]) => all.map(({ length }) => length).join(' and ');
  const [ofData, ofNetwork] = [counted(labelings.map(({ classes }) => classes)), counted(heads)];
  if (ofData !== ofNetwork) {
    throw inputError(`${dataset.name}: got ${ofData} classes, expected ${ofNetwork} as in ${run.best}`);
  }
  return withSegmenter(model, { threads }, async (segmenter) => {
    const scored: Scored[] = [];
    for (const index of indices) {
      const sample = await dataset.load(index);
      const found = await segmenter.segmentHeads(sample.image, fixedSize(valSize));
      const predictions = labelsOf(sample).map((truth, i) => ({
        labels: found[i]!,
        meanIoU: imageScore(truth, found[i]!, labelings[i]!.classes),
      }));
      scored.push({ index, meanIoU: predictions[0]!.meanIoU, predictions });
      onProgress?.(scored.length);
    }
    return scored;
  });
}

/** Mean IoU over the classes of one image, in truth or prediction; null where it has no truth. */
export function imageScore(
  truth: LabelImage,
  prediction: LabelImage,
  classes: readonly string[],
): number | null {
  const matrix = new ConfusionMatrix(classes.length);
  matrix.add(truth.data, prediction.data);
  return matrix.counts.some((n) => n > 0) ? metricsOf(matrix, classes).meanIoU : null;
}

/** The best first, those around the median, the worst first. Where there are too few to tell apart: all, the best first. */
export function chooseGroups<T extends { readonly meanIoU: number | null }>(
  scored: readonly T[],
): { name: string; members: T[] }[] {
  const ranked = scored.filter(({ meanIoU }) => meanIoU !== null).sort((a, b) => b.meanIoU! - a.meanIoU!);
  const size = Math.min(groupSize, Math.floor(ranked.length / 3));
  if (size === 0) return ranked.length > 0 ? [{ name: 'Images', members: ranked }] : [];
  const middle = Math.floor((ranked.length - size) / 2);
  return [
    { name: 'Best', members: ranked.slice(0, size) },
    { name: 'Median', members: ranked.slice(middle, middle + size) },
    { name: 'Worst', members: ranked.slice(-size).reverse() },
  ];
}
