import { type BackboneName, type ModelName, partsOf } from '../networks/model-names.ts';
import type { OptimizerName } from '../networks/update-rules.ts';
import type { Recipe } from './recipes.ts';

type Rates = Readonly<Record<OptimizerName, number>>;

/** Learning rates for single images and mean loss; backbones without their own take VGG-16's. */
const rates: Partial<Record<BackboneName, Rates>> & Readonly<Record<'random' | 'vgg16', Rates>> = {
  random: { sgd: 1e-2, adamw: 1e-3 },
  mobilenetv2: { sgd: 1e-3, adamw: 3e-4 },
  squeezenet: { sgd: 1e-4, adamw: 3e-5 },
  vgg16: { sgd: 1e-4, adamw: 3e-5 },
  alexnet: { sgd: 1e-3, adamw: 1e-4 },
  googlenet: { sgd: 1e-4, adamw: 1e-4 },
  resnet50: { sgd: 1e-3, adamw: 1e-4 },
  resnet101: { sgd: 1e-3, adamw: 1e-4 },
};

/** @param start the backbone whose weights come first, or random ones */
export function rateFor(start: BackboneName | 'random', optimizer: OptimizerName): number {
  return (rates[start] ?? rates.vgg16)[optimizer];
}

/**
 * Whether score layers start from zero on a backbone that has learned: measured for MobileNetV2 (docs/finetune.md).
 * @param first weights, of a network for segmentation if they say its model
 */
export function hasNewHead(
  first: { readonly file?: string; readonly model?: ModelName },
  model: ModelName,
): boolean {
  return first.file !== undefined && first.model !== model && partsOf(model).backbone === 'mobilenetv2';
}

export const headRateOfNew: [keyof Recipe, string, number, string] = [
  'headRate',
  'head rate',
  10,
  'score layers start from zero, the others have learned already',
];
