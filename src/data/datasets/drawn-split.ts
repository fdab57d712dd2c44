import { inputError } from '../../base/errors.ts';
import { random } from '../../base/rng.ts';

const trainShare = 0.8;

/** The splits of images for which none are written down. */
export const drawnSplits: readonly string[] = ['train', 'val'];

/** Whether an id is in a drawn split. */
export function isDrawn(id: string, split: string): boolean {
  return random('folder', id).uniform() < trainShare === (split === 'train');
}

/**
 * Those of `ids` that are in a split, `train` (80 %) or `val`, by a hash of the id alone: more images move none of the
 * others.
 * @param where the ids come from, for messages
 * @param advice how to write splits down, for messages
 * @throws FcnError when there is no such split, or none of the ids is in it
 */
export function drawSplit(ids: readonly string[], split: string, where: string, advice: string): string[] {
  if (!drawnSplits.includes(split)) {
    throw inputError(
      `split '${split}': got no splits with ${where}, expected one of: ${drawnSplits.join(', ')}`,
    );
  }
  const drawn = ids.filter((id) => isDrawn(id, split));
  if (drawn.length > 0) return drawn;
  throw inputError(`split '${split}': got none of the ${ids.length} images in ${where} by chance; ${advice}`);
}
