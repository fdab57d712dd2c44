import { counted } from '../../../base/counted.ts';
import { inputError } from '../../../base/errors.ts';
import type { OnUnusable } from '../unusable.ts';
import type { CocoFile, CocoImage } from './coco-file.ts';
import { idOfPath } from './find-images.ts';

/**
 * Looks at the ids by which the annotations of a file name images and categories. Without this, annotations of unknown
 * images would be lost, and images that nobody has annotated would teach that everything is background.
 * @param onUnusable told of the images whose annotations name a category that is not there
 * @returns the other images, and what the user should know, a line each
 * @throws FcnError where no annotation belongs to any image
 */
export function checkReferences(
  coco: CocoFile,
  onUnusable: OnUnusable,
): { images: readonly CocoImage[]; warnings: readonly string[] } {
  const { file, images, strays } = coco;
  const bare = images.filter(({ annotations }) => annotations.length === 0);
  const warnings: string[] = [];
  if (strays.count > 0) {
    const ids = `image_id ${aFew([...strays.ids])}`;
    if (bare.length === images.length) {
      const own = aFew(images.map(({ id }) => id)) || 'none';
      throw inputError(
        `COCO file ${file}: got ${counted(strays.count, 'annotation')} (${ids}), ${strays.count === 1 ? 'not' : 'none of them'} for an image that it lists (id ${own}), expected ` +
          'the same ids; correct image_id, or the ids of the images',
      );
    }
    warnings.push(
      `left out: ${counted(strays.count, 'annotation')} for images that ${file} does not list (${ids}); list the images in it if they should count`,
    );
  }
  if (bare.length > 0 && bare.length < images.length) {
    warnings.push(
      `${bare.length} of ${images.length} images in ${file} have no annotation, so all of each counts as background: ` +
        `${aFew(bare.map(({ file_name }) => file_name))}; take those that nobody has annotated out of its list`,
    );
  }
  return { images: withKnownCategories(coco, onUnusable), warnings };
}

function withKnownCategories(coco: CocoFile, onUnusable: OnUnusable): readonly CocoImage[] {
  const { file, images, categories, misfits } = coco;
  if (misfits.count === 0) return images;
  const known = aFew(categories.map(({ id }) => id)) || 'none';
  onUnusable(
    inputError(
      `COCO file ${file}: annotations.${misfits.first}: got category_id ${aFew([...misfits.ids])}, expected the id of one of the ` +
        `categories (${known}); ${counted(misfits.count, 'annotation')} of ${counted(misfits.images.size, 'image')} ${misfits.count === 1 ? 'has' : 'have'} such an id: add the categories, or ` +
        'remove the annotations',
    ),
    [...misfits.images].map(({ file_name }) => idOfPath(file_name)),
  );
  return images.filter((image) => !misfits.images.has(image));
}

function aFew(values: readonly (number | string)[]): string {
  return values.slice(0, 5).join(', ') + (values.length > 5 ? ', ...' : '');
}
