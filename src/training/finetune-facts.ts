import { addLabel, labelHistogram, noFrequencies } from '../data/datasets/class-frequencies.ts';
import type { Dataset } from '../data/datasets/dataset.ts';
import { spacedIndices } from '../data/datasets/spaced-indices.ts';
import type { LabelImage } from '../data/images/image.ts';
import { coarsen } from '../inference/evaluate/resolution-bounds.ts';
import { ConfusionMatrix } from '../inference/metrics/confusion-matrix.ts';
import { metricsOf } from '../inference/metrics/metrics.ts';
import { asModel } from '../weights/as-model.ts';
import { readWeights } from '../weights/read-weights.ts';
import type { FinetuneFacts, FirstWeights } from './finetune.ts';
import type { RunSettings } from './prepare.ts';

const sampleSize = 30;

/** Of a label that has more pixels, some rows and columns are looked at for how fine it is. */
const mostLabelPixels = 2 ** 18;

/** Shapes are one where their aspect ratios differ by less than this factor. */
const similar = 1.15;

/** What some images of a training split, spread over it, look like. @throws FcnError of one that cannot be loaded. */
export async function sampleOf(trainSet: Dataset): Promise<FinetuneFacts['sample']> {
  const indices = spacedIndices(trainSet.ids.length, sampleSize);
  const sizes: { height: number; width: number }[] = [];
  const frequencies = noFrequencies(trainSet.classes.length);
  const labels: Thinned[] = [];
  for (const index of indices) {
    const { image, label } = await trainSet.load(index);
    sizes.push({ height: image.height, width: image.width });
    addLabel(frequencies, labelHistogram(label));
    labels.push(thinned(label));
  }
  const labeled = frequencies.reduce((sum, { pixels }) => sum + pixels, 0);
  const aspects = sizes.map(({ height, width }) => height / width);
  return {
    images: indices.length,
    height: middle(sizes.map(({ height }) => height)),
    width: middle(sizes.map(({ width }) => width)),
    isOneSize: new Set(sizes.map(({ height, width }) => `${height}x${width}`)).size === 1,
    isOneShape: Math.max(...aspects) < similar * Math.min(...aspects),
    shares: frequencies.map(({ pixels }) => pixels / Math.max(1, labeled)),
    bestOnCells: (pixels) => bestOnCells(labels, trainSet.classes, pixels),
  };
}

interface Thinned {
  readonly label: LabelImage;
  /** From one row or column that is kept to the next. */
  readonly step: number;
}

function thinned({ width, height, data }: LabelImage): Thinned {
  const step = Math.ceil(Math.sqrt((width * height) / mostLabelPixels));
  const [rows, columns] = [Math.ceil(height / step), Math.ceil(width / step)];
  const kept = new Uint8Array(rows * columns);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) kept[y * columns + x] = data[step * (y * width + x)]!;
  }
  return { label: { width: columns, height: rows, data: kept }, step };
}

/** As `fcn data bounds` has it, for cells of any size. */
function bestOnCells(labels: readonly Thinned[], classes: readonly string[], pixels: number): number {
  const matrix = new ConfusionMatrix(classes.length);
  for (const { label, step } of labels) {
    matrix.add(label.data, coarsen(label, Math.max(1, Math.round(pixels / step))).data);
  }
  const isVoid = matrix.counts.every((count) => count === 0); // as labels of these images may be by chance
  return isVoid ? 1 : metricsOf(matrix, classes).meanIoU;
}

/** What a weights file holds. @throws FcnError when it holds no network or backbone. */
export async function firstWeights({
  init,
  input,
}: Pick<RunSettings, 'init' | 'input'>): Promise<FirstWeights> {
  if (init === 'none') return {};
  const source = asModel(await readWeights(init), { input });
  if (!('config' in source)) return { file: init, backbone: source.backbone, width: source.width };
  return { file: init, model: source.config.model, width: source.config.width };
}

function middle(lengths: readonly number[]): number {
  return lengths.toSorted((a, b) => a - b)[Math.floor(lengths.length / 2)]!;
}
