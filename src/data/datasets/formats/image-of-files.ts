import { readInput } from '../../../base/files.ts';
import { readImage } from '../../images/decode.ts';
import { readPose, uprightLabel } from '../../images/orientation.ts';
import type { SampleFiles } from '../file-dataset.ts';
import type { AnnotatedImage } from './annotated-images.ts';

/** An image with its mask, each a file of the same size; a mask of the size that is stored is turned with its image. */
export function imageOfFiles({ id, image, label, decodeLabel }: SampleFiles): AnnotatedImage {
  return {
    id,
    source: image,
    readImage: () => readImage(image),
    labelSource: label,
    async readLabel() {
      const stored = await decodeLabel(await readInput(label, 'label'), label);
      return uprightLabel(stored, await readPose(image)).label;
    },
  };
}
