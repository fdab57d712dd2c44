import { inputError } from '../../base/errors.ts';
import { checkPixelData } from '../../data/images/check-pixel-data.ts';
import type { Segmenter } from './segmenter-on.ts';

/** A network for programs, which may give it anything, at any time. */
export function guarded(segmenter: Segmenter): Segmenter {
  let isReleased = false;
  const check = (image: unknown) => {
    if (isReleased)
      throw inputError('segmenter: got an image after release(), expected none; create another segmenter');
    checkPixelData(image);
  };
  return {
    ...segmenter,
    async scores(image, ...rest) {
      check(image);
      return segmenter.scores(image, ...rest);
    },
    async segment(image, size) {
      check(image);
      return segmenter.segment(image, size);
    },
    async segmentHeads(image, size) {
      check(image);
      return segmenter.segmentHeads(image, size);
    },
    async release() {
      if (isReleased) return;
      isReleased = true;
      await segmenter.release();
    },
  };
}
