import { addLabel, labelHistogram, noFrequencies } from '../data/datasets/class-frequencies.ts';
import type { Dataset } from '../data/datasets/dataset.ts';
import { asModel } from '../weights/as-model.ts';
import { readWeights } from '../weights/read-weights.ts';
import type { FinetuneFacts, FirstWeights } from './finetune.ts';
import type { RunSettings } from './prepare.ts';

const sampleSize = 30;

/** Shapes are one where their aspect ratios differ by less than this factor. */
const similar = 1.15;

/** What some images of a training split, spread over it, look like. @throws FcnError of one that cannot be loaded. */
export async function sampleOf(trainSet: Dataset): Promise<FinetuneFacts['sample']> {
  const total = trainSet.ids.length;
  const count = Math.min(sampleSize, total);
  const sizes: { height: number; width: number }[] = [];
  const frequencies = noFrequencies(trainSet.classes.length);
  for (let i = 0; i < count; i++) {
    const { image, label } = await trainSet.load(Math.floor((i * total) / count));
    sizes.push({ height: image.height, width: image.width });
    addLabel(frequencies, labelHistogram(label));
  }
  const labeled = frequencies.reduce((sum, { pixels }) => sum + pixels, 0);
  const aspects = sizes.map(({ height, width }) => height / width);
  return {
    images: count,
    height: middle(sizes.map(({ height }) => height)),
    width: middle(sizes.map(({ width }) => width)),
    isOneSize: new Set(sizes.map(({ height, width }) => `${height}x${width}`)).size === 1,
    isOneShape: Math.max(...aspects) < similar * Math.min(...aspects),
    shares: frequencies.map(({ pixels }) => pixels / Math.max(1, labeled)),
  };
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
