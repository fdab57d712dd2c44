import type { Random } from '../../base/rng.ts';
import type { Sample } from '../datasets/dataset.ts';
import type { Image, LabelImage } from '../images/image.ts';

/**
 * A change of an image together with its label map, which stay the same size and aligned. Everything random comes
 * from the stream; labels are moved, never interpolated. The given sample is not modified.
 */
export type Transform = (sample: Sample, stream: Random) => Sample;

/** A sample with another image and other label maps: what is done to a label is done to those of all labelings. */
export function mapSample(
  { id, image, label, otherLabels }: Sample,
  ofImage: (image: Image) => Image,
  ofLabel: (label: LabelImage) => LabelImage,
): Sample {
  const others = otherLabels && { otherLabels: otherLabels.map(ofLabel) };
  return { id, image: ofImage(image), label: ofLabel(label), ...others };
}

/** The transforms one after the other, drawing from the same stream. */
export function compose(transforms: readonly Transform[]): Transform {
  return (sample, stream) => transforms.reduce((changed, transform) => transform(changed, stream), sample);
}
