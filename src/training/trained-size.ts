import type { Dataset } from '../data/datasets/dataset.ts';
import type { ModelConfig } from '../networks/model-config.ts';
import { commonSize } from './image-sizes.ts';
import type { Recipe } from './recipes.ts';

/** The size at which the network learns to see images, where that is about one. */
export async function trainedSize(
  { trainSize, valSize }: Pick<Recipe, 'trainSize' | 'valSize'>,
  trainSet: Dataset,
): Promise<Pick<ModelConfig, 'trainedSize'>> {
  if (valSize.mode === 'resize') return { trainedSize: { height: valSize.height, width: valSize.width } };
  const isOwn = trainSize.mode === 'native' || (trainSize.mode === 'crop' && trainSize.of === undefined);
  const own = isOwn ? await commonSize(trainSet) : undefined;
  return own ? { trainedSize: own } : {};
}
