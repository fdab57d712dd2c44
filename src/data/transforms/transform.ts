import type { Random } from '../../base/rng.ts';
import type { Sample } from '../datasets/dataset.ts';

/**
 * A change of an image together with its label map, which stay the same size and aligned. Everything random comes
 * from the stream; labels are moved, never interpolated. The given sample is not modified.
 */
export type Transform = (sample: Sample, stream: Random) => Sample;

/** The transforms one after the other, drawing from the same stream. */
export function compose(transforms: readonly Transform[]): Transform {
  return (sample, stream) => transforms.reduce((changed, transform) => transform(changed, stream), sample);
}
