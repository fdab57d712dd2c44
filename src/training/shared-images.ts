import type { Dataset } from '../data/datasets/dataset.ts';

/**
 * What to say where images that are trained on are validated on as well, which makes a network look better than it is; a line, or
 * none. It may be meant, as of a single image, so it is no error.
 */
export function aboutSharedImages(trainSet: Dataset, valSet: Dataset): string[] {
  if (trainSet.name === valSet.name) return [];
  const trained = new Set(trainSet.ids.map((id, index) => `${id}\n${trainSet.imageSource(index)}`));
  const shared = valSet.ids.filter((id, index) => trained.has(`${id}\n${valSet.imageSource(index)}`));
  if (shared.length === 0) return [];
  const first = shared.slice(0, 3).join(', ') + (shared.length > 3 ? ', ...' : '');
  return [
    `${valSet.name}: ${shared.length} of ${valSet.ids.length} images ${shared.length === 1 ? 'is' : 'are'} trained on as well (${first}), so its scores say ` +
      'little about other images; put each image into one split',
  ];
}
