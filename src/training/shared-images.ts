import type { Dataset } from '../data/datasets/dataset.ts';

/**
 * What to say where images that are trained on are validated on as well, which makes a network look better than it is; a line, or
 * none. It may be meant, as of a single image, so it is no error.
 */
export function aboutSharedImages(trainSet: Dataset, valSet: Dataset): string[] {
  const trained = new Set(trainSet.ids.map((id, index) => `${id}\n${trainSet.imageSource(index)}`));
  const shared = valSet.ids.filter((id, index) => trained.has(`${id}\n${valSet.imageSource(index)}`));
  if (shared.length === 0) return [];
  const consequence = 'so its scores say little about other images';
  // The splits of a program's own may all have one name.
  if (trainSet.name === valSet.name && shared.length === trained.size) {
    return [`${valSet.name}: it is trained on as well, ${consequence}; validate on another split`];
  }
  const first = shared.slice(0, 3).join(', ') + (shared.length > 3 ? ', ...' : '');
  return [
    `${valSet.name}: ${shared.length} of ${valSet.ids.length} images are trained on as well (${first}), ` +
      `${consequence}; put each image into one split`,
  ];
}
