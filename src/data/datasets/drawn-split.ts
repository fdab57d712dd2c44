import { random } from '../../base/rng.ts';

const trainShare = 0.8;

/** The splits of images for which none are written down. */
export const drawnSplits: readonly string[] = ['train', 'val'];

/**
 * Those of `ids` that are in a split, `train` (80 %) or `val`, by a hash of the id, as `folder:` draws them: more images
 * move none of the others. Of a few images, chance may put all into one split: the one that is nearest to the other then
 * makes up that.
 */
export function drawSplit(ids: readonly string[], split: string): Set<string> {
  const place = new Map(ids.map((id) => [id, random('folder', id).uniform()]));
  const inOrder = [...place.keys()].sort((a, b) => place.get(a)! - place.get(b)!);
  const share = inOrder.filter((id) => place.get(id)! < trainShare).length;
  const inTrain = inOrder.length > 1 ? Math.min(Math.max(share, 1), inOrder.length - 1) : share;
  return new Set(split === 'train' ? inOrder.slice(0, inTrain) : inOrder.slice(inTrain));
}
