import { counted } from '../../base/counted.ts';
import { type FcnError, inputError } from '../../base/errors.ts';
import { masksFor, type PairedFolders } from './pair-samples.ts';

/** What has no partner in a folder of images and one of masks, where no list says which images are meant. */
export interface Unpaired {
  /** Ids of images without a mask, sorted. */
  readonly images: readonly string[];
  /** Paths of masks without an image, below their folder, sorted. */
  readonly masks: readonly string[];
}

export function unpairedIn({ images, masks }: PairedFolders): Unpaired {
  const claimed = new Set<string>();
  const bare: string[] = [];
  for (const id of images.ids) {
    const own = masksFor(id, images, masks);
    if (own.length === 0) bare.push(id);
    for (const file of own) claimed.add(file);
  }
  const files = masks.ids.flatMap((id) => masks.filesOf(id));
  return { images: bare, masks: files.filter((file) => !claimed.has(file)) };
}

/**
 * What to say of files without partners: people label some of their photos and delete others, so they are left out. Where
 * images and masks both lack one, they probably belong together under other names, and nobody would want to lose them.
 * @returns a warning, an error, or undefined where nothing is to be said
 */
export function aboutUnpaired(
  unpaired: Unpaired,
  { images, masks }: PairedFolders,
): string | FcnError | undefined {
  const all = images.ids.length;
  const withoutMask = `${unpaired.images.length} of ${all} images in ${images.folder} have no mask (${aFew(unpaired.images)})`;
  const count = unpaired.masks.length;
  const withoutImage = `${counted(count, 'mask')} in ${masks.folder} ${count === 1 ? 'has' : 'have'} no image (${aFew(unpaired.masks)})`;
  if (unpaired.images.length > 0 && count > 0) {
    return inputError(
      `data set: ${withoutMask}, and ${withoutImage}, expected the same names; rename what belongs together, or move the rest ` +
        'out of the folders',
    );
  }
  if (unpaired.images.length > 0) return `left out: ${withoutMask}`;
  return count > 0 ? `left out: ${withoutImage}` : undefined;
}

function aFew(names: readonly string[]): string {
  return names.slice(0, 5).join(', ') + (names.length > 5 ? ', ...' : '');
}
