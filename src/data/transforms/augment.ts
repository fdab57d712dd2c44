import { inputError } from '../../base/errors.ts';
import { randomColorJitter } from './color-jitter.ts';
import { sampleLoss } from './loss-sampling.ts';
import { randomCrop } from './random-crop.ts';
import { randomHorizontalFlip } from './random-horizontal-flip.ts';
import { randomShift } from './random-shift.ts';
import { randomScale, resize, type WholeSize } from './resize.ts';
import { compose, type Transform } from './transform.ts';

/** Random changes that --augment can ask for: a mirror image, a size from half to double, other colors, a shift. */
export const augmentations = ['flip', 'scale', 'color', 'shift'] as const;
export type Augmentation = (typeof augmentations)[number];

/** The farthest shift, in pixels: the stride of the coarsest scores (Long et al. 2015, section 4.3). */
const coarsestStride = 32;

/** torchvision's range. */
const scales = [0.5, 2] as const;

/** The size of training images: as they are, resized as a whole, or a random window, of images resized to `of` if it is given. */
export type TrainingSize =
  | { readonly mode: 'native' }
  | { readonly mode: 'resize'; readonly height: number; readonly width: number }
  | { readonly mode: 'crop'; readonly height: number; readonly width: number; readonly of?: WholeSize };

/** `none` or names with commas between, as --augment takes them. @throws FcnError for an unknown or repeated name. */
export function parseAugment(text: string): Augmentation[] {
  if (text === 'none') return [];
  const names = text.split(',');
  for (const name of names) {
    if (!augmentations.includes(name as Augmentation)) {
      throw inputError(`augment: got '${name}', expected none or some of ${augmentations.join(',')}`);
    }
    if (names.indexOf(name) !== names.lastIndexOf(name)) throw inputError(`augment: got '${name}' twice`);
  }
  return names as Augmentation[];
}

/**
 * What happens to a training sample. `scale` makes the sample half to twice as large (torchvision's reference range);
 * where a size is asked for, a window of that size is cut from the result, also with `resize`. Whatever the order in
 * `augment`: resize, color, scale, crop, shift, flip. Samples that windows are cut `of` are enlarged once, with the scale.
 * @param fill the pixel around an image that is smaller than the window, or shifted.
 * @param lossShare see loss-sampling.ts; 1, the default: all pixels count
 */
export function trainingTransform(
  size: TrainingSize,
  augment: readonly Augmentation[],
  fill: readonly number[],
  lossShare = 1,
): Transform {
  const scale = augment.includes('scale') ? scales : undefined;
  const transforms: Transform[] = [];
  if (size.mode === 'resize') transforms.push(resize(size.height, size.width));
  // Before the crop, whose padding stays the mean color, and before images become larger.
  if (augment.includes('color')) transforms.push(randomColorJitter());
  if (size.mode === 'crop' || (size.mode === 'resize' && scale)) {
    const of = size.mode === 'crop' ? size.of : undefined;
    transforms.push(randomCrop(size.height, size.width, { fill, of, scale }));
  } else if (scale) transforms.push(randomScale(...scale));
  if (augment.includes('shift')) transforms.push(randomShift(coarsestStride, fill));
  if (augment.includes('flip')) transforms.push(randomHorizontalFlip());
  if (lossShare < 1) transforms.push(sampleLoss(lossShare));
  return compose(transforms);
}
